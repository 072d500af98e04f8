// `npm run schemas`: writes the JSON Schemas that are made of what reads or writes the data.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { format, resolveConfig } from 'prettier';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'cramfs-schemas-'));
try {
  const outfile = join(folder, 'schema.mjs');
  await build({
    entryPoints: ['lib/policy/jsonSchema.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  });
  const { boardJsonSchema, policyJsonSchema } = await import(pathToFileURL(outfile).href);
  for (const [name, schema] of [
    ['policy', policyJsonSchema()],
    ['board', boardJsonSchema()],
  ]) {
    const file = `schemas/${name}.schema.json`;
    const options = { ...(await resolveConfig(file)), filepath: file };
    writeFileSync(file, await format(JSON.stringify(schema), options));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
