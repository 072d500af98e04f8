/** The JSON Schema of policies, made of what reads them. */
import * as z from 'zod';
import { policySchema } from './schema.ts';

/** What is published as schemas/policy.schema.json: JSON Schema draft 2020-12. */
export function policyJsonSchema(): Record<string, unknown> {
  const { $schema, title, ...rest } = z.toJSONSchema(policySchema, { io: 'input' });
  return { $schema, $id: 'https://unpkg.com/cramfs-map/schemas/policy.schema.json', title, ...rest };
}
