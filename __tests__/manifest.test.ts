/** cramfs manifest: its formats, and what it says of every file. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readContent } from '../lib/image/content.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { walk } from '../lib/inspect/walk.ts';
import { bytesSource } from '../lib/source/byteSource.ts';
import { stored } from './support/auditCases.ts';
import { cramfs } from './support/auditHelp.ts';
import { Folder } from './support/cli.ts';
import { fixture } from './support/fixtures.ts';
import { buildRawImage } from './support/rawImage.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});
const ROOT = folder.fixture('images/root-XX.cramfs.gz');
const ODD = folder.file(
  'odd.cramfs',
  buildRawImage({
    entries: [
      stored('a b', new TextEncoder().encode('hello')),
      stored('back\\slash\nline', new Uint8Array(0)),
      stored('caf\udce9', new Uint8Array([1, 2, 3])),
    ],
  }),
);

const schema = (name: string): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(fixture(`cyclonedx/${name}.schema.json.gz`))) as Record<string, unknown>;

async function manifest(image: string, format: string): Promise<string> {
  const { code, stdout, stderr } = await cramfs(['manifest', image, '--format', format]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

describe('a manifest', () => {
  test('as JSON is valid against its schema, and has the hash of each file that the image has', async () => {
    const parsed = JSON.parse(await manifest(ROOT, 'json')) as {
      image: { sha256: string };
      files: { path: string; sha256: string | null; inodeOffset: number; mode: string }[];
    };
    const own = JSON.parse(readFileSync(new URL('../schemas/manifest.schema.json', import.meta.url), 'utf8')) as object;
    const validate = new Ajv({ strict: false }).compile(own);
    expect({ valid: validate(parsed), errors: validate.errors }).toEqual({ valid: true, errors: null });
    const bytes = fixture('images/root-XX.cramfs.gz');
    const image = CramfsImage.open(bytesSource(bytes));
    expect(parsed.image.sha256).toBe(createHash('sha256').update(bytes.subarray(0, image.size)).digest('hex'));
    const expected = [...walk(image)].map(({ path, inode }) => ({
      path,
      inodeOffset: inode.position,
      sha256: inode.type === 'file' ? createHash('sha256').update(readContent(image, inode)).digest('hex') : null,
    }));
    expect(parsed.files.map(({ path, inodeOffset, sha256 }) => ({ path, inodeOffset, sha256 }))).toEqual(expected);
  });

  test('as CycloneDX is valid against the schema of CycloneDX 1.6', async () => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    ajv.addSchema(schema('spdx'), 'http://cyclonedx.org/schema/spdx.SNAPSHOT.schema.json');
    ajv.addSchema(schema('jsf-0.82'), 'http://cyclonedx.org/schema/jsf-0.82.SNAPSHOT.schema.json');
    const validate = ajv.compile(schema('bom-1.6'));
    for (const image of [ROOT, ODD]) {
      const bom = JSON.parse(await manifest(image, 'cyclonedx')) as { components: unknown[] };
      expect({ valid: validate(bom), errors: validate.errors }).toEqual({ valid: true, errors: null });
    }
    expect(validate({ bomFormat: 'CycloneDX', specVersion: '1.6', components: [{ type: 'file' }] })).toBe(false);
  });

  test('as mtree escapes what could mean something, in octal', async () => {
    const lines = (await manifest(ODD, 'mtree')).split('\n');
    expect(lines[0]).toBe('#mtree');
    expect(lines.map((line) => line.split(' ')[0]).slice(2, -1)).toEqual([
      './a\\040b',
      './back\\134slash\\012line',
      './caf\\351',
    ]);
    expect(lines[2]).toMatch(/^\.\/a\\040b type=file mode=0\d{3} uid=0 gid=0 size=5 sha256digest=2cf24dba/);
  });

  test('for sha256sum marks names that it escapes, and has regular files only', async () => {
    const text = await manifest(ODD, 'sha256sum');
    expect(text).toMatch(/^2cf24dba[0-9a-f]{56} {2}a b\n/);
    expect(text).toMatch(/\n\\e3b0c442[0-9a-f]{56} {2}back\\\\slash\\nline\n/);
    expect((await manifest(ROOT, 'sha256sum')).trim().split('\n')).toHaveLength(10);
  });

  test('keeps going over damage, and reports it', async () => {
    const bytes = fixture('images/root-XX.cramfs.gz').subarray(0, 0x8000);
    const { code, stdout, stderr } = await cramfs(['manifest', folder.file('bad.cramfs', bytes), '--json']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^cramfs manifest: \//);
    const { files } = JSON.parse(stdout) as { files: { type: string; sha256: string | null }[] };
    expect(files.some(({ type, sha256 }) => type === 'file' && sha256 === null)).toBe(true);
  });
});
