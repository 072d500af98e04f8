/** cramfs-lab on the command line: what is wrong is told before anything is downloaded or booted. */
import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from '@jest/globals';
import { runCramfsLab } from '../kernel-lab/host/cli/cramfsLab.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { wholeFileRequests } from '../kernel-lab/host/wholeFiles.ts';
import { Folder, type Run, runProgram } from './support/cli.ts';
import { fixture } from './support/fixtures.ts';

const folder = new Folder();
const image = folder.fixture('images/root-XX.cramfs.gz');
const recorded = new URL('../fixtures/transcripts/root-XX@0x10000000.jsonl.gz', import.meta.url);

afterAll(() => {
  folder.remove();
});

const run = (...argv: string[]): Promise<Run> => runProgram(runCramfsLab, argv);

describe('cramfs-lab', () => {
  test.each([
    [2, ['run', image, '--phys', '0x1000'], 'a region must lie between 0x8000000 and 0xc0000000'],
    [2, ['run', image, '--region-size', '12M'], 'the region is 12582912 bytes long, not a power of two'],
    [2, ['run', image, '--region-size', '64K'], 'do not fit into a region of 65536 bytes'],
    [
      2,
      ['run', image, '--vectors', folder.file('bad.jsonl', '{"type":"read"}\n')],
      'bad.jsonl, line 1: "path": expected',
    ],
    [2, ['run', image, '--kernel-release', 'six'], '--kernel-release: "six" does not start like "6.1"'],
    [2, ['run', image, '--timeout', 'soon'], '--timeout: "soon" is not a number'],
    [2, ['run', image, '-o', image, '--force'], 'it is the input'],
    [2, ['run', image, '-o', folder.file('there', '')], 'it exists already (--force replaces it)'],
    [3, ['run', folder.file('text', 'no image')], 'not a cramfs image'],
    [3, ['run', `${folder.path}/none`], 'cannot read'],
    [3, ['rerun', `${folder.path}/none.jsonl`], 'cannot read'],
    [3, ['rerun', folder.file('torn.jsonl.gz', gzipSync('{}').subarray(0, 10))], 'torn.jsonl.gz'],
    [2, ['rerun', folder.file('empty.jsonl', '')], 'expected a setup'],
    [3, ['rerun', '--images', folder.path, recorded.pathname], 'root-XX.cramfs'],
  ])('ends with %i: %j', async (code, argv, message) => {
    const result = await run(...argv);
    expect(result.stderr).toContain(message);
    expect(result).toMatchObject({ code, stdout: '' });
  });

  test('refuses a transcript of a machine with other pages', async () => {
    const [first = ''] = gunzipSync(readFileSync(recorded)).toString('utf8').split('\n');
    const file = folder.file('16k.jsonl', first.replace('"page_size":4096', '"page_size":16384'));
    const { code, stderr } = await run('rerun', file);
    expect(stderr).toContain('recorded with pages of 16384 bytes; the lab has pages of 4096');
    expect(code).toBe(2);
  });
});

describe('without vectors', () => {
  test('each file is mapped whole, to read and to execute, and read', () => {
    const requests = wholeFileRequests(CramfsImage.open(fixture('images/root-XX.cramfs.gz')));
    expect(requests.filter(({ type }) => type === 'read')).toHaveLength(10);
    expect(requests).toHaveLength(30);
    expect(requests).toContainEqual({
      type: 'vector',
      path: '/bin/counter',
      length: 19_064,
      offset: 0,
      prot: 'rx',
      flags: 'private',
    });
  });
});
