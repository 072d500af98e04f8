/** JSON Schema, in few words: objects of which all keys are there and no others, lists, and what may be null. */

/** A schema. */
export type Schema = Readonly<Record<string, unknown>>;

/** An object with all of these keys; `description` is of the object. */
export function object(properties: Readonly<Record<string, Schema>>, description?: string): Schema {
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    required: Object.keys(properties),
    additionalProperties: false,
    properties,
  };
}

export const list = (items: Schema, description?: string): Schema => ({
  type: 'array',
  ...(description === undefined ? {} : { description }),
  items,
});
export const nullable = (schema: Schema, description?: string): Schema => ({
  ...(description === undefined ? {} : { description }),
  anyOf: [schema, { type: 'null' }],
});
export const oneOf = (...values: readonly string[]): Schema => ({ enum: values });
/** One of the keys of an object, so that a type can be named whole. */
export const keyOf = (keys: Readonly<Record<string, true>>): Schema => oneOf(...Object.keys(keys));
export const described = (schema: Schema, description: string): Schema => ({ ...schema, description });

export const text: Schema = { type: 'string' };
export const flag: Schema = { type: 'boolean' };
/** A number that may be a fraction. */
export const number: Schema = { type: 'number', minimum: 0 };
export const count: Schema = { type: 'integer', minimum: 0 };
/** As in "0x10000000". */
export const hexadecimal: Schema = { type: 'string', pattern: '^0x[0-9a-f]+$' };

/** A schema as it is published. */
export function published(
  name: string,
  title: string,
  version: number,
  properties: Readonly<Record<string, Schema>>,
): Schema {
  const schemaVersion = { const: version, description: 'Grows with incompatible changes only.' };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: `https://unpkg.com/cramfs-map/schemas/${name}.schema.json`,
    title,
    ...object({ schemaVersion, ...properties }),
  };
}
