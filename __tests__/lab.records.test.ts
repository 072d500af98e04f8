/** Transcripts and files of requests, read from text. */
import { describe, expect, test } from '@jest/globals';
import { CramfsError } from '../lib/base/errors.ts';
import { parseRequests, parseTranscript } from '../kernel-lab/host/parseRecords.ts';
import { jsonLinesText, type LabVector, transcriptText } from '../kernel-lab/host/record.ts';
import { modelOfRelease } from '../lib/driver/models/named.ts';
import { fixture } from './support/fixtures.ts';
import { transcriptNames } from './support/transcripts.ts';

const vector: LabVector = { type: 'vector', path: '/a', length: 4096, offset: 0, prot: 'r', flags: 'private' };
const setup =
  '{"type":"setup","image":"a","base":"0x10000000","mtd_size":65536,"page_size":4096,"release":"6.1","mount":null,"kmsg":[]}';

function messageOf(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    if (error instanceof CramfsError && error.code === 'USAGE') return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

test.each(transcriptNames)('%s: read and written again, it says the same', (name) => {
  // "kernel" is what the console said as a process died; nothing is made of it.
  const linesOf = (text: string): unknown[] =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ ...(JSON.parse(line) as object), kernel: undefined }));
  const text = Buffer.from(fixture(name)).toString('utf8');
  expect(linesOf(transcriptText(parseTranscript(text)))).toEqual(linesOf(text));
});

describe('requests', () => {
  test('are those of a transcript, when it is one', () => {
    const text = `${setup}\n${JSON.stringify({ ...vector, errno: 'EINVAL', kmsg: [], whatever: 1 })}\n\n{"type":"read","path":"/b"}\n`;
    expect(parseRequests(text)).toEqual([vector, { type: 'read', path: '/b' }]);
  });

  test('have offsets of 64 bits', () => {
    const far = { ...vector, offset: 2 ** 63 - 4096 };
    const text = jsonLinesText([far]);
    expect(text).toContain('"offset":"0x7ffffffffffff000"');
    expect(parseRequests(text)).toEqual([far]);
  });

  test.each([
    ['{"type":"vector"', 'vectors, line 1: expected a JSON object, found {"type":"vector"'],
    ['[1]', 'vectors, line 1: expected a JSON object, found [1]'],
    ['\n{"type":"open"}', 'vectors, line 2: "type": expected "vector", "read" or "exec", found "open"'],
    ['{"type":"read"}', 'vectors, line 1: "path": expected a path that begins with "/", found nothing'],
    ['{"type":"read","path":"a"}', 'vectors, line 1: "path": expected a path that begins with "/", found "a"'],
    ['{"type":"exec","argv":[]}', `vectors, line 1: "argv": expected a program's path and its arguments, found []`],
    [JSON.stringify({ ...vector, length: -1 }), 'vectors, line 1: "length": expected a number of bytes, found -1'],
    [
      JSON.stringify({ ...vector, offset: '0x20000000000001' }),
      'vectors, line 1: "offset": expected a number of bytes, found "0x20000000000001"',
    ],
    [
      JSON.stringify({ ...vector, prot: 'rr' }),
      'vectors, line 1: "prot": expected letters of "rwx", or "-", found "rr"',
    ],
    [
      JSON.stringify({ ...vector, flags: 'private,shared' }),
      'vectors, line 1: "flags": expected "private" or "shared", and names of populate, locked, rdwr, notouch, found "private,shared"',
    ],
  ])('%s', (text, message) => {
    expect(messageOf(() => parseRequests(text))).toBe(message);
  });
});

describe('transcripts', () => {
  test.each([
    ['', 't: expected a setup, found no line'],
    [JSON.stringify(vector), 't, line 1: "type": expected "setup", which a transcript begins with, found "vector"'],
    [`${setup}\n${setup}`, 't, line 2: expected one setup only, found another'],
    [
      setup.replace('0x10000000', '10000000'),
      't, line 1: "base": expected an address like "0x10000000", found "10000000"',
    ],
    [
      `${setup}\n${JSON.stringify(vector)}`,
      't, line 2: "errno": expected the name of an error, or null, found nothing',
    ],
    [
      `${setup}\n${JSON.stringify({ ...vector, errno: null, kmsg: [], state: 'direct' })}`,
      't, line 2: "state": expected "pfnmap", "mixedmap" or "none", found "direct"',
    ],
  ])('%s', (text, message) => {
    expect(messageOf(() => parseTranscript(text, 't'))).toBe(message);
  });
});

describe('the kernel model of a release', () => {
  test.each([
    ['4.15.0', 'linux-4.15'],
    ['6.1.0-56-amd64', 'linux-6.1'],
    ['6.12.90+deb12-amd64', 'linux-4.15'],
    ['6.16.12', 'linux-4.15'],
    ['6.17.2-1', 'linux-6.17'],
    ['6.17.3', 'linux-6.18'],
    ['6.18', 'linux-6.18'],
    ['7.3.4+deb13-amd64', 'linux-6.18'],
  ])('%s: %s', (release, name) => {
    expect(modelOfRelease(release).name).toBe(name);
  });

  test.each(['4.14.336', '3.10', 'bookworm'])('%s: none', (release) => {
    expect(messageOf(() => modelOfRelease(release))).toContain(release);
  });
});
