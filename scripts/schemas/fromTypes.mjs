// JSON Schemas of TypeScript types, as the compiler sees them: what a command prints is described by what it is made of.
import ts from 'typescript';

/** What may be any JSON: the values of a finding's arguments, and of a field of a kernel's record. */
const ANYTHING = new Set([
  'check.findings[].args.*',
  'lab-compare.differences[].kernel',
  'lab-compare.differences[].ours',
]);

/**
 * The schemas of an interface's properties.
 * @param {string} file
 * @param {string} name of the interface
 * @returns {Record<string, Record<string, unknown>>} by the names of the properties
 */
export function schemasOf(file, name, program = programOf(file)) {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  if (source === undefined) throw new Error(`${file} is not there`);
  const symbol =
    checker.getExportsOfModule(checker.getSymbolAtLocation(source) ?? fail(file)).find((each) => each.name === name) ??
    fail(name);
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  return Object.fromEntries(
    checker
      .getPropertiesOfType(type)
      .map((property) => [
        property.name,
        new Converter(checker, source).root(checker.getTypeOfSymbolAtLocation(property, source), property.name),
      ]),
  );
}

const OUTPUTS = 'scripts/schemas/outputs.ts';

/**
 * The schema of what each command prints with --json, or for an error.
 * @returns {Record<string, Record<string, unknown>>} by the names of their files
 */
export function outputSchemas() {
  const program = programOf(OUTPUTS);
  const { failure = {} } = schemasOf(OUTPUTS, 'Failures', program);
  return Object.fromEntries(
    Object.entries(schemasOf(OUTPUTS, 'Outputs', program)).map(([name, schema]) => [
      name,
      {
        $schema: 'http://json-schema.org/draft-07/schema#',
        $id: `https://unpkg.com/cramfs-map/schemas/${name}.schema.json`,
        title: `cramfs ${name} --json`,
        anyOf: [schema, failure],
      },
    ]),
  );
}

/** @param {string} file */
export function programOf(file) {
  return ts.createProgram([file], {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    types: ['node'],
  });
}

/**
 * @param {string} what
 * @returns {never}
 */
function fail(what) {
  throw new Error(`schemas: ${what} is not there`);
}

class Converter {
  /** @type {ts.TypeChecker} */ #checker;
  /** @type {ts.Node} */ #at;
  /** @type {Map<ts.Type, string>} */ #open = new Map();
  /** @type {Record<string, unknown>} */ #definitions = {};

  /**
   * @param {ts.TypeChecker} checker
   * @param {ts.Node} at
   */
  constructor(checker, at) {
    this.#checker = checker;
    this.#at = at;
  }

  /**
   * @param {ts.Type} type
   * @param {string} path
   */
  root(type, path) {
    const schema = this.#convert(type, path);
    return Object.keys(this.#definitions).length === 0 ? schema : { ...schema, definitions: this.#definitions };
  }

  /**
   * @param {ts.Type} type
   * @param {string} path for errors
   * @returns {Record<string, unknown>}
   */
  #convert(type, path) {
    if (ANYTHING.has(path)) return {};
    const { flags } = type;
    if (flags & ts.TypeFlags.Null) return { type: 'null' };
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (flags & ts.TypeFlags.BooleanLiteral) return { const: this.#checker.typeToString(type) === 'true' };
    if (flags & ts.TypeFlags.Boolean) return { type: 'boolean' };
    if (flags & ts.TypeFlags.StringLike) return { type: 'string' };
    if (flags & ts.TypeFlags.NumberLike) return path.endsWith('.schemaVersion') ? { const: 1 } : { type: 'number' };
    if (type.isUnion()) return this.#union(type, path);
    if (flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return this.#object(type, path);
    throw new Error(`schemas: ${path} is ${this.#checker.typeToString(type)}, of which no schema can be made`);
  }

  /**
   * @param {ts.UnionType} type
   * @param {string} path
   */
  #union({ types }, path) {
    const given = types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined));
    const isBoolean = given.filter(({ flags }) => flags & ts.TypeFlags.BooleanLiteral).length === 2;
    const parts = given
      .filter(({ flags }) => !isBoolean || !(flags & ts.TypeFlags.BooleanLiteral))
      .map((each) => this.#convert(each, path));
    if (isBoolean) parts.push({ type: 'boolean' });
    const constants = parts.filter((part) => 'const' in part);
    const others = parts.filter((part) => !('const' in part));
    const nulls = others.filter((part) => part.type === 'null');
    if (constants.length > 0) {
      others.push(constants.length === 1 ? (constants[0] ?? {}) : { enum: constants.map((part) => part.const) });
    }
    const distinct = [...new Map(others.map((part) => [JSON.stringify(part), part])).values()];
    if (distinct.length === 1) return distinct[0] ?? {};
    const [other] = distinct.filter((part) => part.type !== 'null');
    // "string or null" in one line.
    if (
      nulls.length > 0 &&
      distinct.length === 2 &&
      other !== undefined &&
      Object.keys(other).length === 1 &&
      typeof other.type === 'string'
    ) {
      return { type: [other.type, 'null'] };
    }
    return { anyOf: distinct };
  }

  /**
   * @param {ts.Type} type
   * @param {string} path
   * @returns {Record<string, unknown>}
   */
  #object(type, path) {
    const checker = this.#checker;
    const name = this.#open.get(type);
    if (name !== undefined) throw new Error(`schemas: ${path} contains itself (${name})`);
    this.#open.set(type, path);
    try {
      if (checker.isTupleType(type)) {
        const items = checker
          .getTypeArguments(/** @type {ts.TypeReference} */ (type))
          .map((each, index) => this.#convert(each, `${path}[${index}]`));
        return { type: 'array', items, minItems: items.length, maxItems: items.length };
      }
      if (checker.isArrayType(type)) {
        const [item] = checker.getTypeArguments(/** @type {ts.TypeReference} */ (type));
        return { type: 'array', items: this.#convert(item ?? fail(path), `${path}[]`) };
      }
      const index =
        checker.getIndexTypeOfType(type, ts.IndexKind.String) ?? checker.getIndexTypeOfType(type, ts.IndexKind.Number);
      /** @type {Record<string, unknown>} */
      const properties = {};
      const required = [];
      for (const property of checker.getPropertiesOfType(type)) {
        const own = checker.getTypeOfSymbolAtLocation(property, this.#at);
        if (own.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Never) || own.getCallSignatures().length > 0) continue;
        properties[property.name] = this.#convert(own, `${path}.${property.name}`);
        const mayLack = own.isUnion() && own.types.some(({ flags }) => flags & ts.TypeFlags.Undefined);
        if (!(property.flags & ts.SymbolFlags.Optional) && !mayLack) required.push(property.name);
      }
      return {
        type: 'object',
        ...(Object.keys(properties).length > 0 ? { properties, required } : {}),
        additionalProperties: index === undefined ? false : this.#convert(index, `${path}.*`),
      };
    } finally {
      this.#open.delete(type);
    }
  }
}
