/** The JSON Schema of policies, made of what reads them. */
import * as z from 'zod';
import { boardSchema, policySchema } from './schema.ts';

/** What is published as schemas/policy.schema.json: JSON Schema draft 2020-12. */
export function policyJsonSchema(): Record<string, unknown> {
  return published(policySchema, 'policy');
}

/** What is published as schemas/board.schema.json. */
export function boardJsonSchema(): Record<string, unknown> {
  return published(boardSchema, 'board');
}

function published(schema: z.ZodType, name: string): Record<string, unknown> {
  const { $schema, title, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return { $schema, $id: `https://unpkg.com/cramfs-map/schemas/${name}.schema.json`, title, ...rest };
}
