/** Every kind of dump that we know how to make gets its diagnosis, and the image comes out whole where that is possible. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { diagnose } from '../lib/diagnose/diagnose.ts';
import { scan } from '../lib/diagnose/scan.ts';
import { diagnosisWords } from '../lib/report/diagnosisWords.ts';
import { bytesSource } from '../lib/source/byteSource.ts';
import { DUMP_VARIANTS, type DumpVariant } from './support/dumpVariants.ts';
import { runCommand } from './support/extractHelp.ts';
import { fixture } from './support/fixtures.ts';
import { hexDump, uBootSession } from './support/textDumps.ts';

const VARIANTS = Object.entries(DUMP_VARIANTS).flatMap(([group, variants]) =>
  variants.map((variant): [string, DumpVariant] => [`${group}: ${variant.title}`, variant]),
);
const folder = mkdtempSync(join(tmpdir(), 'cramfs-variants-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.each(VARIANTS)('%s', (_title, { make, code, whole }) => {
  const dump = bytesSource(make());
  if (code !== null) expect(diagnosisWords(diagnose(dump)).code).toBe(code);
  expect([...scan(dump)].some(({ crc }) => crc.state === 'good')).toBe(whole);
});

test('no two of them are the same dump', () => {
  const seen = VARIANTS.map(([, { make }]) => make().toString('latin1'));
  expect(new Set(seen).size).toBe(seen.length);
});

const tiny = Buffer.from(fixture('images/tiny-ul.cramfs.gz'));

describe('a serial console', () => {
  const scanned = (text: string): string[] =>
    [...scan(bytesSource(Buffer.from(text, 'latin1')))].map(({ crc, source }) =>
      crc.state === 'good' && Buffer.from(source.read(0, tiny.length)).equals(tiny) ? 'whole' : crc.state,
    );
  const session = uBootSession(tiny, 1).toString('latin1');

  test('with time stamps', () => {
    expect(scanned(session.replace(/^/gm, '[2017-05-02 10:11:12] '))).toEqual(['whole']);
  });

  test('with the dump in two commands, the second after a prompt', () => {
    const lines = session.split('\n');
    lines.splice(40, 0, '=> md.b 9f040230 1000');
    expect(scanned(lines.join('\n'))).toEqual(['whole']);
  });

  test('that lost a line: the image is found, and its CRC is wrong', () => {
    const lines = session.split('\n');
    lines.splice(60, 1);
    expect(scanned(lines.join('\n'))).toEqual(['wrong']);
  });

  test('in UTF-16, as PowerShell redirects it', () => {
    const text = Buffer.concat([Buffer.from('fffe', 'hex'), Buffer.from(session, 'utf16le')]);
    expect(scanned(text.toString('latin1'))).toEqual(['whole']);
  });
});

test('letters beside the digits that look like digits are not taken for bytes', () => {
  const words = Buffer.concat([tiny, Buffer.from('cafe beef dead face 0123 4567'.repeat(64))]);
  const [hit] = scan(bytesSource(hexDump(words, { repeats: true })));
  expect(hit?.crc.state).toBe('good');
});

test('repeated lines do not make a bomb of a hex dump', () => {
  const refused: string[] = [];
  const text = Buffer.from('00000000: 4500 4500 4500 4500 4500 4500 4500 4500\n*\nfffffff0: 0000 0000\n');
  expect([...scan(bytesSource(text), { onTooLarge: ({ format }) => refused.push(format) })]).toEqual([]);
  expect(refused).toEqual(['hex-dump']);
});

test.each(['info', 'check', 'ls', 'describe'])('%s goes on with what was undone', async (command) => {
  const dump = join(folder, 'console.log');
  writeFileSync(dump, uBootSession(tiny, 4));
  const refused = await runCommand([command, dump]);
  expect([refused.code, refused.stderr]).toEqual([3, expect.stringMatching(/; run: cramfs \w+ .* --image 1\n$/)]);
  expect((await runCommand([command, dump, '--image', '1'])).code).toBe(0);
});

test('what another program unpacks to a file is named so: no file is changed in place', async () => {
  const hex = join(folder, 'other.hex');
  writeFileSync(hex, ':10000000000102030405060708090A0B0C0D0E0F78\n:00000001FF\n');
  const { stderr } = await runCommand(['info', hex]);
  expect(stderr).toContain(`; run: objcopy -I ihex -O binary ${hex} other.hex.img && cramfs info other.hex.img`);
});

test('a diff of packed images reads no standard input twice', async () => {
  const packed = join(folder, 'image.xz');
  writeFileSync(packed, fixture('dumps/image.xz'));
  const { stderr } = await runCommand(['diff', packed, packed]);
  expect(stderr).toContain(`; run: xz -dc ${packed} > image.xz.img && cramfs diff image.xz.img image.xz.img`);
});
