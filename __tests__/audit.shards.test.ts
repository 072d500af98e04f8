/** Audits spread over threads, and over CI jobs: always the same report. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { build } from 'esbuild';
import type { AuditedImage } from '../lib/audit/run.ts';
import { AUDIT_FORMATS } from '../lib/report/audit/index.ts';
import { readShard } from '../lib/report/audit/readNdjson.ts';
import { openFileSource } from '../lib/source/nodeFile.ts';
import { auditImages } from '../lib/workers/auditCrew.ts';
import type { AuditSetup } from '../lib/workers/auditJob.ts';
import { cramfs, IMAGES, reportOf } from './support/auditHelp.ts';
import { bundleProgram, Folder, type Run } from './support/cli.ts';

jest.setTimeout(60_000);
const folder = new Folder();
afterAll(() => {
  folder.remove();
});
const images = [
  ...['mini-X', 'tiny-z', 'tiny-XX', 'tiny-v1-old', 'arch-XX', 'empty'].map((name) =>
    folder.fixture(`images/${name}.cramfs.gz`),
  ),
  folder.fixture('malformed/015-bad-magic.img'),
  folder.fixture('malformed/058-name-not-utf8.img'),
];
const audit = (argv: readonly string[]): Promise<Run> => cramfs(['audit', ...argv]);

/** Audits the images in shards; the files of records. */
async function shards(of: number, ...options: string[]): Promise<string[]> {
  const files: string[] = [];
  for (let index = 1; index <= of; index++) {
    const file = join(folder.path, `shard-${String(index)}-of-${String(of)}.ndjson`);
    const shard = `${String(index)}/${String(of)}`;
    const { stdout, code } = await audit([
      ...images,
      '--format',
      'ndjson',
      '--shard',
      shard,
      '--output',
      file,
      ...options,
    ]);
    expect([0, 1, 3]).toContain(code);
    expect(stdout).toBe('');
    files.push(file);
  }
  return files;
}

describe('shards', () => {
  test.each(AUDIT_FORMATS)('put together make the %s of the whole run', async (format) => {
    const whole = await audit([...images, '--format', format]);
    expect(whole.code).toBe(3);
    const files = await shards(3);
    expect(await audit(['--merge', ...files.reverse(), '--format', format])).toEqual(whole);
  });

  test('may be more than images', async () => {
    const whole = await audit([...images]);
    expect(await audit(['--merge', ...(await shards(11))])).toEqual(whole);
  });

  test('of a run that is not divided are that run', async () => {
    expect(await audit(['--merge', ...(await shards(1))])).toEqual(await audit(images));
  });

  test('may come on standard input', async () => {
    const [file = ''] = await shards(1);
    expect(await cramfs(['audit', '--merge', '-'], { stdin: file })).toEqual(await audit(images));
  });

  test('have the policy and the baseline in them', async () => {
    const policy = folder.file(
      'policy.yaml',
      'version: 1\nexceptions: [{ rule: xip/program-fails, paths: /bin/bare, reason: on purpose }]\n',
    );
    const baseline = join(folder.path, 'shards.json');
    await audit([...images.slice(0, 3), '--write-baseline', baseline]);
    const whole = await audit([...images, '--policy', policy, '--baseline', baseline]);
    expect(whole.stdout).toContain('exception: on purpose');
    expect(whole.stdout).toContain('in the baseline');
    expect(await audit(['--merge', ...(await shards(2, '--policy', policy, '--baseline', baseline))])).toEqual(whole);
    const plain = await shards(2, '--policy', policy);
    expect(await audit(['--merge', ...plain, '--baseline', baseline])).toEqual(whole);
  });

  test('do not call a baseline stale; the whole does', async () => {
    const baseline = folder.file(
      'stale.json',
      '{"version": 1, "findings": [{"fingerprint": "0", "id": "xip/compressed", "path": "/gone"}]}',
    );
    const good = images.slice(0, 2);
    const record = ['--format', 'ndjson', '--output'];
    const [a, b] = [join(folder.path, 'a.ndjson'), join(folder.path, 'b.ndjson')];
    for (const [shard, file] of [
      ['1/2', a],
      ['2/2', b],
    ] as const) {
      const { stderr } = await audit([...good, '--baseline', baseline, '--shard', shard, ...record, file]);
      expect(stderr).toBe('');
    }
    const { stderr } = await audit(['--merge', a, b, '--baseline', baseline]);
    expect(stderr).toMatch(/stale[.]json: 1 entry is stale, the findings are gone:\n {2}xip\/compressed \/gone\n$/);
  });

  test('that are missing, twice there, or of other runs are told', async () => {
    const [first = '', second = '', third = ''] = await shards(3);
    const [half = ''] = await shards(2);
    const message = async (...files: string[]): Promise<string> => {
      const { code, stdout, stderr } = await audit(['--merge', ...files]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      return stderr.replaceAll(folder.path, '').replaceAll('/shard', 'shard');
    };
    expect(await message(first)).toBe('cramfs audit: shards 2, 3 of 3 missing\n');
    expect(await message(first, third)).toBe('cramfs audit: shard 2 of 3 missing\n');
    expect(await message(first, second, first)).toBe(
      'cramfs audit: shard-1-of-3.ndjson and shard-1-of-3.ndjson are both shard 1 of 3\n',
    );
    expect(await message(first, half)).toBe(
      'cramfs audit: shard-1-of-3.ndjson is one shard of 3, and shard-1-of-2.ndjson one of 2\n',
    );
    const other = folder.file('other.ndjson', readFileSync(second, 'utf8').replace('"images":8', '"images":9'));
    expect(await message(first, other, third)).toMatch(/is of a run with 8 images, and .*other[.]ndjson of one with 9/);
    const newer = folder.file(
      'newer.ndjson',
      readFileSync(second, 'utf8').replace(/"version":"[^"]*"/, '"version":"9"'),
    );
    expect(await message(first, newer, third)).toMatch(/is of version .* of this program, and .*newer[.]ndjson of 9/);
    const gone = await audit(['--merge', join(folder.path, 'gone')]);
    expect(gone).toMatchObject({ code: 3, stdout: '' });
    expect(gone.stderr).toMatch(/cannot read .*gone: there is no such file\n$/);
  });

  test.each([
    ['--policy', 'x'],
    ['--shard', '1/2'],
    ['--jobs', '2'],
    ['--phys', '0'],
    ['--fill', 'ff'],
    ['--no-inflate'],
    ['--kernel', 'linux-6.18'],
  ])('and %s do not go together', async (...option) => {
    const { code, stderr } = await audit(['--merge', ...(await shards(1)), ...option]);
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`${option[0]} cannot be used with --merge`));
  });
});

describe('a record that is none', () => {
  let lines: string[] = [];
  beforeAll(async () => {
    lines = (await reportOf('ndjson')).trimEnd().split('\n');
  });
  const problem = (changed: readonly string[]): string => {
    try {
      readShard(changed, 'x.ndjson');
    } catch (error) {
      expect(error).toMatchObject({ code: 'USAGE' });
      return (error as Error).message;
    }
    return '';
  };
  const with_ = (line: number, change: (text: string) => string): string[] =>
    lines.map((text, index) => (index === line - 1 ? change(text) : text));

  test('is named by file and line', () => {
    expect(problem(lines)).toBe('');
    expect(problem(with_(3, () => '{oops'))).toMatch(/^x[.]ndjson:3: no JSON: /);
    expect(problem(with_(3, () => '[]'))).toMatch(/^x[.]ndjson:3: no record of an audit/);
    expect(problem(with_(2, (text) => text.replace('"pageSize":4096', '"pageSize":"4K"')))).toMatch(
      /^x[.]ndjson:2: no record of an audit at board[.]pageSize: /,
    );
    expect(problem(with_(3, (text) => text.replace('image/trailing-data', 'image/other')))).toMatch(
      /^x[.]ndjson:3: no record of an audit at id: /,
    );
    expect(problem(with_(4, (text) => text.replace('"neededBy"', '"nobody"')))).toBe(
      'x.ndjson:4: the arguments are not those of xip/library-missing',
    );
    expect(problem(with_(5, (text) => text.replace('"index":0', '"index":1')))).toBe(
      'x.ndjson:5: a record of image 1 does not follow that image',
    );
  });

  test('or a file that is not whole', () => {
    expect(problem([])).toBe('x.ndjson:0: the file is empty');
    expect(problem(lines.slice(1))).toBe('x.ndjson:1: the first record is not "run"');
    expect(problem(lines.slice(0, -1))).toMatch(/: the file ends early: no record "end"$/);
    expect(problem([...lines.slice(0, -2), lines.at(-1) ?? ''])).toMatch(/: 2 images expected, 1 found$/);
    expect(problem([...lines, ...lines])).toMatch(/there is more after the record "end"/);
    expect(problem(with_(1, (text) => text.replace('"schemaVersion":1', '"schemaVersion":2')))).toMatch(
      /:1: schema version 2, and this program knows 1$/,
    );
  });

  test('every record cut anywhere is an error', () => {
    const text = lines.join('\n');
    for (let length = 0; length < text.length; length += 7) {
      expect(problem(text.slice(0, length).split('\n'))).toMatch(/^x[.]ndjson:[0-9]+: /);
    }
  });

  test('all of an audit comes back', () => {
    expect(readShard(lines, 'x')).toMatchObject({ version: '1.2.3', imagesOfRun: 2, shard: { index: 1, of: 1 } });
    expect(readShard(lines, 'x').images).toEqual(IMAGES);
  });

  test('keys of which this program knows nothing reach no report, at any depth', () => {
    const more = (value: unknown, key: string): unknown => {
      // Arguments are those of the finding's rule, and omitted findings are counted by their rules.
      if (typeof value !== 'object' || value === null || ['args', 'omitted'].includes(key)) return value;
      if (Array.isArray(value)) return value.map((each) => more(each, key));
      const entries = Object.entries(value).map(([name, each]) => [name, more(each, name)]);
      return { ...Object.fromEntries(entries), unknown: 1 };
    };
    const changed = lines.map((line) => (line === '' ? line : JSON.stringify(more(JSON.parse(line), ''))));
    expect(changed.join('')).toContain('"unknown":1');
    expect(readShard(changed, 'x')).toEqual(readShard(lines, 'x'));
  });

  test('what earlier releases did not write is there', () => {
    const earlier = lines.map((line) => line.replace(/,"programsFor":null,"programsNeedNommu":false/, ''));
    expect(earlier).not.toEqual(lines);
    expect(readShard(earlier, 'x')).toEqual(readShard(lines, 'x'));
  });
});

describe('threads', () => {
  const script = join(folder.path, 'auditWorker.cjs');
  const setup: AuditSetup = {
    pageSize: undefined,
    kernel: 'linux-6.18',
    board: {},
    inflate: true,
    policy: null,
    today: '2026-01-01',
  };
  const jobs = images.map((image, index) => ({ image, file: image, imageOffset: 0, index: index + 100 }));
  const open = ({ image }: { readonly image: string }) => openFileSource(image);
  const run = async (options: Partial<Parameters<typeof auditImages>[1]> = {}): Promise<AuditedImage[]> => {
    const all: AuditedImage[] = [];
    for await (const image of auditImages(jobs, { setup, open, script, ...options })) all.push(image);
    return all;
  };
  beforeAll(async () => {
    const options = { bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' } as const;
    await build({ ...options, entryPoints: ['lib/workers/auditWorker.ts'], outfile: script });
  });

  test('audit the same as one does, in the same order', async () => {
    const alone: AuditedImage[] = [];
    for (const job of jobs) {
      for await (const image of auditImages([job], { setup, open, jobs: 1 })) alone.push(image);
    }
    expect(await run({ jobs: 1 })).toEqual(alone);
    const progress: number[] = [];
    expect(await run({ jobs: 4, progress: (place) => progress.push(place) })).toEqual(alone);
    expect(progress.sort()).toEqual(jobs.map((_, place) => place));
  });

  test('end when nobody wants more', async () => {
    for await (const image of auditImages(jobs, { setup, open, script, jobs: 2 })) {
      expect(image.index).toBe(100);
      break;
    }
  });

  test('end by a signal', async () => {
    const controller = new AbortController();
    const all: AuditedImage[] = [];
    const options = { setup, open, script, jobs: 2, signal: controller.signal };
    for await (const image of auditImages(jobs, options)) {
      all.push(image);
      if (all.length === 2) controller.abort();
    }
    expect(all.length).toBeLessThan(jobs.length);
  });

  test('that fail are an internal error of the image that they had; the other images go on', async () => {
    const broken = folder.file('broken.cjs', 'throw new Error("broken")');
    const [first, ...others] = await run({ script: broken, jobs: 1 });
    expect(first).toMatchObject({ result: null, error: { code: 'INTERNAL' } });
    expect(first?.error?.message).toMatch(/broken/);
    expect(others).toEqual((await run({ jobs: 1 })).slice(1));
  });

  test('cannot make up for wrong usage, which ends the audit', async () => {
    const impossible = { ...setup, board: { physBits: 20 } };
    await expect(run({ setup: impossible, jobs: 2 })).rejects.toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('the program', () => {
  let program = '';
  beforeAll(async () => {
    program = await bundleProgram('cramfs', folder);
    const options = { bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' } as const;
    await build({
      ...options,
      entryPoints: ['lib/workers/auditWorker.ts'],
      outfile: join(folder.path, 'auditWorker.cjs'),
    });
  });

  test.each(AUDIT_FORMATS)('writes the same %s whatever --jobs', (format) => {
    const outputs = ['1', '4'].map((jobs) => {
      const argv = [program, 'audit', ...images, '--format', format, '--jobs', jobs];
      const { stdout, status } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
      expect(status).toBe(3);
      return stdout;
    });
    expect(outputs[1]).toBe(outputs[0]);
    expect(outputs[0]?.length).toBeGreaterThan(100);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'ends by %s with nothing half-written left',
    async (signal) => {
      const output = join(folder.path, `interrupted-${signal}.ndjson`);
      const many = Array.from({ length: 400 }, () => images[0] ?? '');
      const argv = [program, 'audit', ...many, '--format', 'ndjson', '--output', output, '--jobs', '2'];
      const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
      let stderr = '';
      child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
      const partial = (): boolean => readdirSync(folder.path).some((name) => name.startsWith('.cramfs-'));
      // The output has begun when there is a temporary file beside it.
      while (!partial()) await new Promise((resolve) => setTimeout(resolve, 10));
      child.kill(signal);
      const code = await new Promise((resolve) => child.on('exit', resolve));
      expect({ code, stderr }).toEqual({ code: 130, stderr: 'cramfs audit: interrupted\n' });
      expect(partial() || existsSync(output)).toBe(false);
    },
    60_000,
  );
});
