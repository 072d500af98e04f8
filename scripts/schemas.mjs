// `npm run schemas`: writes the JSON Schemas that are made of what reads or writes the data.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { bundled } from './bundled.mjs';
import { outputSchemas } from './schemas/fromTypes.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
/**
 * @param {string} name
 * @param {unknown} schema
 */
async function write(name, schema) {
  const file = `schemas/${name}.schema.json`;
  const options = { ...(await resolveConfig(file)), filepath: file };
  writeFileSync(file, await format(JSON.stringify(schema), options));
}

for (const [name, schema] of Object.entries(outputSchemas())) await write(name, schema);

const folder = mkdtempSync(join(tmpdir(), 'cramfs-schemas-'));
try {
  /** @param {string} entry */
  const load = (entry) => bundled(entry, join(folder, `${basename(entry, '.ts')}.mjs`), 'bundle');
  const { boardJsonSchema, policyJsonSchema } = await load('lib/policy/jsonSchema.ts');
  const { reportSchemas } = await load('lib/report/schema/published.ts');
  const schemas = { policy: policyJsonSchema(), board: boardJsonSchema(), ...reportSchemas() };
  for (const [name, schema] of Object.entries(schemas)) {
    await write(name, schema);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
