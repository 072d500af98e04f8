/** The commands `cramfs audit` and `cramfs explain`: options, exit codes, files. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { definitionOf, FINDING_IDS, IDS_BY_CODE } from '../lib/policy/findings.ts';
import { cramfs } from './support/auditHelp.ts';
import { bundleProgram, Folder, type Run, type World } from './support/cli.ts';
import { fixtureNames } from './support/fixtures.ts';
import { junitProblems } from './support/junitSchema.ts';
import { imageOf } from './support/vendorImage.ts';
import { sarifProblems } from './support/sarifSchema.ts';

jest.setTimeout(60_000);
const folder = new Folder();
afterAll(() => {
  folder.remove();
});
const root = folder.fixture('images/root-XX.cramfs.gz');
const clean = folder.fixture('images/arch-XX.cramfs.gz');
const crc = folder.fixture('malformed/018-bad-crc.img');
const unsorted = folder.fixture('malformed/061-unsorted.img');
const noImage = folder.fixture('malformed/015-bad-magic.img');
const audit = (argv: readonly string[], world?: World): Promise<Run> => cramfs(['audit', ...argv], world);
const schema = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(new URL('../schemas/audit.schema.json', import.meta.url), 'utf8')) as object,
);

interface Document {
  readonly images: readonly {
    readonly image: string;
    readonly board: Readonly<Record<string, unknown>>;
    readonly counts: Readonly<Record<string, number>>;
    readonly findings: readonly { readonly id: string; readonly path: string | null; readonly fingerprint: string }[];
    readonly suppressed: readonly { readonly by: string }[];
    readonly error: { readonly code: string } | null;
  }[];
  readonly totals: Readonly<Record<string, unknown>>;
}

/** The JSON of an audit, which fits the schema. */
async function json(...argv: string[]): Promise<Document> {
  const { stdout } = await audit([...argv, '--format', 'json']);
  const document = JSON.parse(stdout) as Document;
  expect(schema(document) ? null : schema.errors).toBeNull();
  return document;
}

test("the JSON of an image with a vendor's blocks of 256 KiB fits the schema", async () => {
  const image = folder.file('vendor.img', imageOf({ blocks: [], size: 0, flags: 0x3003, littleEndian: false }));
  const { images } = await json(image, '--cpu', 'xtensa', '--kernel', 'nommu-6.12');
  expect(images[0]?.board).toMatchObject({ pageSize: 262_144 });
});

describe('exit codes', () => {
  test('0 without errors, 1 with errors, 0 all the same with --exit-zero', async () => {
    expect(await audit([unsorted])).toMatchObject({ code: 0, stderr: '' });
    expect(await audit([crc])).toMatchObject({ code: 1, stderr: '' });
    expect(await audit([crc, '--exit-zero'])).toMatchObject({ code: 0, stderr: '' });
  });

  test('1 for more warnings than --max-warnings', async () => {
    const image = folder.fixture('malformed/004-trailing-data.img');
    const { warning = 0 } = (await json(image)).images[0]?.counts ?? {};
    expect(warning).toBeGreaterThan(0);
    expect(await audit([image, '--max-warnings', String(warning)])).toMatchObject({ code: 0, stderr: '' });
    expect(await audit([image, '--max-warnings', '0'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^cramfs audit: [0-9]+ warnings?; --max-warnings allows none\n$/) as unknown,
    });
  });

  test.each([
    [[]],
    [[root, '--shard', '0/2']],
    [[root, '--shard', '3/2']],
    [[root, '--shard', 'x']],
    [[root, '--jobs', '0']],
    [[root, '--jobs', '1000']],
    [[root, '--max-warnings', 'some']],
    [[root, '--format', 'yaml']],
    [[root, '--kernel', 'hurd']],
    [[root, '--phys', 'everywhere']],
    [[root, '--page-size', '5000']],
    [['-', '-']],
    [[root, '--shard', '1/2', '--write-baseline', '/nowhere/b']],
  ])('2 for wrong usage: %j', async (argv) => {
    const { code, stdout, stderr } = await audit(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toMatch(/bug|^ +at /m);
  });

  test('2 for a bad policy', async () => {
    const policy = folder.file('bad.yaml', 'version: 1\nrulez: {}\n');
    const { code, stderr } = await audit([root, '--policy', policy]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/bad[.]yaml:2:1: /);
    const [short, long] = [['--json'], ['--format', 'json']].map((form) => audit([root, '--policy', policy, ...form]));
    expect(await short).toEqual(await long);
  });

  test('3 for an image that cannot be read; the others are in the report', async () => {
    const { code, stdout, stderr } = await audit([noImage, join(folder.path, 'nothing'), clean, '--format', 'json']);
    expect(code).toBe(3);
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^cramfs audit: .*015-bad-magic[.]img: not a cramfs image/),
      expect.stringMatching(/^cramfs audit: .*nothing: cannot read /),
      '',
    ]);
    const document = JSON.parse(stdout) as Document;
    expect(schema(document) ? null : schema.errors).toBeNull();
    expect(document.images.map(({ error }) => error?.code)).toEqual(['NOT_CRAMFS', 'IO', undefined]);
    expect(document.totals).toMatchObject({ images: 3, unreadable: 2 });
    expect(await audit([noImage, '--exit-zero'])).toMatchObject({ code: 3 });
    for (const image of ['x'.repeat(5000), folder.path, `${clean}/below`]) {
      expect(await audit([image, clean])).toMatchObject({
        code: 3,
        stdout: expect.stringContaining('no audit') as unknown,
      });
    }
  });
});

describe('the machine', () => {
  test('is as the options say', async () => {
    const { images } = await json(
      root,
      '--phys',
      '0x8000000',
      '--region',
      '2M',
      '--kernel',
      'linux-6.17',
      '--cpu',
      'arm64',
    );
    expect(images[0]?.board).toEqual({
      kernel: 'linux-6.17',
      cpu: 'arm64',
      littleEndian: true,
      pageSize: 4096,
      physBase: '0x8000000',
      programsFor: null,
      programsNeedNommu: false,
      regionSize: 2 << 20,
    });
  });

  test('is as the policy says, unless an option says otherwise', async () => {
    const policy = folder.file('machine.yaml', 'version: 1\nkernel: linux-4.15\nphys: 0x8000000\n');
    const [first] = (await json(root, '--policy', policy)).images;
    expect(first?.board).toMatchObject({ kernel: 'linux-4.15', physBase: '0x8000000' });
    const [second] = (await json(root, '--policy', policy, '--phys', '0x9000000')).images;
    expect(second?.board).toMatchObject({ kernel: 'linux-4.15', physBase: '0x9000000' });
  });

  test('a base that is not page aligned is found', async () => {
    const { images } = await json(root, '--phys', '0x10000800');
    expect(images[0]?.findings.map(({ id }) => id)).toContain('xip/physical-base');
  });

  test('addresses in pages need --page-size, as each image has its own', async () => {
    expect(await audit([root, '--phys', '16p'])).toMatchObject({ code: 2 });
    const { images } = await json(root, '--phys', '65536p', '--page-size', '4K');
    expect(images[0]?.board).toMatchObject({ physBase: '0x10000000' });
  });
});

test('--image-offset and standard input', async () => {
  const embedded = folder.fixture('malformed/150-embedded.img');
  expect((await json(embedded, '--image-offset', '0x1234')).images[0]).toMatchObject({ imageOffset: 0x1234 });
  const { code, stdout } = await audit(['-', '--format', 'json'], { stdin: clean });
  expect(code).toBe(0);
  expect((JSON.parse(stdout) as Document).images[0]).toMatchObject({ image: '-', error: null });
});

test('--no-inflate does not look into compressed blocks', async () => {
  const image = folder.fixture('malformed/106-raw-deflate.img');
  const idsOf = async (...argv: string[]) => (await json(image, ...argv)).images[0]?.findings.map(({ id }) => id);
  expect(await idsOf()).toContain('image/zlib-damaged');
  expect(await idsOf('--no-inflate')).not.toContain('image/zlib-damaged');
});

test('--policy decides what is an error', async () => {
  const policy = folder.file('strict.yaml', 'version: 1\nrules: { image/name-unreachable: error }\nexceptions: []\n');
  expect(await audit([unsorted, '--policy', policy])).toMatchObject({ code: 1 });
});

describe('reports on real images', () => {
  test.each(['root-XX', 'mini-BXX', 'mini-X', 'tiny-v1-big', 'adv', 'empty'])(
    '%s: SARIF and JUnit are valid',
    async (name) => {
      const image = folder.fixture(`images/${name}.cramfs.gz`);
      const sarif = await audit([image, '--format', 'sarif']);
      expect(sarifProblems(JSON.parse(sarif.stdout))).toBeNull();
      const junit = await audit([image, '--format', 'junit']);
      expect(await junitProblems(junit.stdout)).toEqual([]);
      await json(image);
    },
  );

  test('SARIF has the pages of its rules', async () => {
    const { stdout } = await audit([root, '--format', 'sarif']);
    const { runs } = JSON.parse(stdout) as {
      runs: {
        tool: { driver: { rules: { id: string; help: { text: string }; fullDescription: { text: string } }[] } };
      }[];
    };
    const rules = runs[0]?.tool.driver.rules ?? [];
    expect(rules.length).toBeGreaterThan(3);
    for (const { help, fullDescription } of rules) {
      expect(help.text).toMatch(/^# .*\n\nSeverity: /);
      expect(fullDescription.text.length).toBeGreaterThan(20);
    }
  });

  test('text is coloured on a terminal, not with NO_COLOR, and never in a file', async () => {
    const escape = '\u001b[';
    expect((await audit([root], { isTTY: true, columns: 100 })).stdout).toContain(escape);
    expect((await audit([root], { isTTY: true, env: { NO_COLOR: '1' } })).stdout).not.toContain(escape);
    expect((await audit([root, '--color', 'always'])).stdout).toContain(escape);
    const output = join(folder.path, 'plain.txt');
    await audit([root, '--output', output], { isTTY: true });
    expect(readFileSync(output, 'utf8')).not.toContain(escape);
  });
});

describe('--output', () => {
  test('writes what standard output would get, and replaces what is there', async () => {
    const output = folder.file('report.json', 'old');
    expect(await audit([root, '--format', 'json', '--output', output])).toEqual({ code: 1, stdout: '', stderr: '' });
    expect(readFileSync(output, 'utf8')).toBe((await audit([root, '--format', 'json'])).stdout);
  });

  test('writes through a link', async () => {
    const target = folder.file('target.txt', 'old');
    const link = join(folder.path, 'link.txt');
    symlinkSync(target, link);
    await audit([clean, '--output', link]);
    expect(readFileSync(target, 'utf8')).toMatch(/arch-XX/);
  });

  test('that cannot be written leaves nothing behind', async () => {
    const inside = mkdtempSync(join(folder.path, 'output-'));
    mkdirSync(join(inside, 'taken'));
    expect(await audit([clean, '--output', join(inside, 'taken')])).toMatchObject({ code: 3, stdout: '' });
    expect(await audit([clean, '--output', join(inside, 'no', 'such', 'folder')])).toMatchObject({ code: 3 });
    expect(readdirSync(inside)).toEqual(['taken']);
  });

  test('is not touched by a run that fails', async () => {
    const output = folder.file('kept.txt', 'old');
    expect(await audit([root, '--output', output, '--region', '1p'])).toMatchObject({ code: 2 });
    expect(readFileSync(output, 'utf8')).toBe('old');
  });
});

describe('a baseline', () => {
  const baseline = join(folder.path, 'baseline.json');

  test('makes findings known: the same run is then without errors', async () => {
    expect(await audit([root])).toMatchObject({ code: 1 });
    expect(await audit([root, '--write-baseline', baseline])).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout, stderr } = await audit([root, '--baseline', baseline, '--max-warnings', '0']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/suppressed\n {2}[0-9]+ findings, in the baseline\n/);
    const { images } = await json(root, '--baseline', baseline);
    expect(images[0]?.findings).toEqual([]);
    expect(images[0]?.counts).toEqual({ error: 0, warning: 0, note: 0 });
  });

  test('fits the image built again with another layout', async () => {
    const rebuilt = join(folder.path, 'rebuilt.cramfs');
    const inserted = folder.file('inserted', 'x'.repeat(5000));
    const { code } = await cramfs(['mkfs', root, rebuilt, '-X', '-X', '-i', inserted, '-n', 'other']);
    expect(code).toBe(0);
    const about = (document: Document): unknown[] =>
      (document.images[0]?.findings ?? [])
        .filter(({ path }) => path !== null)
        .map(({ id, path, fingerprint }) => ({ id, path, fingerprint }));
    const before = about(await json(root));
    expect(before).toHaveLength(3);
    expect(about(await json(rebuilt))).toEqual(before);
    const { stdout } = await audit([rebuilt, '--baseline', baseline, '--format', 'json']);
    expect((JSON.parse(stdout) as Document).images[0]?.findings.filter(({ path }) => path !== null)).toEqual([]);
  });

  test('tells of entries that nobody needs any more', async () => {
    const { code, stderr } = await audit([clean, '--baseline', baseline]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/baseline[.]json: [0-9]+ entries are stale, the findings are gone:\n {2}/);
    expect(stderr).toContain('\n  xip/program-fails /bin/bare\n');
    const refreshed = join(folder.path, 'refreshed.json');
    await audit([clean, '--baseline', baseline, '--write-baseline', refreshed]);
    expect(await audit([clean, '--baseline', refreshed])).toMatchObject({ stderr: '' });
  });

  test('that is none is wrong usage', async () => {
    const file = folder.file('none.json', '{"findings": 3}');
    expect(await audit([clean, '--baseline', file])).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('GitHub Actions', () => {
  test('get a summary of the step, behind what is there', async () => {
    const summary = folder.file('summary.md', 'before\n');
    const { stdout } = await audit([crc, '--format', 'github'], { env: { GITHUB_STEP_SUMMARY: summary } });
    expect(stdout).toMatch(/^::error file=/m);
    expect(readFileSync(summary, 'utf8')).toMatch(/^before\n### cramfs audit\n\n1 image: [0-9]+ error/);
  });

  test('that have none get annotations only; other formats write no summary', async () => {
    expect(await audit([clean, '--format', 'github'], { env: { GITHUB_STEP_SUMMARY: '' } })).toMatchObject({ code: 0 });
    const summary = folder.file('untouched.md', '');
    await audit([clean, '--format', 'json'], { env: { GITHUB_STEP_SUMMARY: summary } });
    expect(readFileSync(summary, 'utf8')).toBe('');
    const nowhere = { env: { GITHUB_STEP_SUMMARY: '/nowhere/summary.md' } };
    expect(await audit([clean, '--format', 'github'], nowhere)).toMatchObject({ code: 3 });
  });
});

test('a bar shows on a terminal only, and is taken away', async () => {
  const { stderr } = await audit([root, clean], { isTTY: true, env: { TERM: 'xterm' } });
  expect(stderr === '' || stderr.endsWith('\r\u001b[K')).toBe(true);
  expect((await audit([root, clean])).stderr).toBe('');
});

describe('damaged and hostile images', () => {
  const names = fixtureNames('malformed').filter((name) => name.endsWith('.img'));

  test.each(names)('%s has an audit or a typed error within 5 seconds of CPU time', async (name) => {
    const image = folder.fixture(`malformed/${name}`);
    const argv = name.startsWith('150-') ? [image, '--image-offset', '0x1234'] : [image];
    const start = process.cpuUsage();
    const { code, stdout, stderr } = await audit(argv);
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1e6).toBeLessThan(5);
    expect([0, 1, 3]).toContain(code);
    expect(stderr).not.toMatch(/bug of ours/);
    // eslint-disable-next-line no-control-regex -- control characters are what this is about
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ud800-\udfff]/);
    await json(...argv);
  });

  test('make valid reports, all in one run', async () => {
    const images = names.map((name) => folder.fixture(`malformed/${name}`));
    expect((await json(...images)).totals).toMatchObject({ images: names.length });
    const sarif = await audit([...images, '--format', 'sarif']);
    expect(sarif.code).toBe(3);
    expect(sarifProblems(JSON.parse(sarif.stdout))).toBeNull();
    expect(await junitProblems((await audit([...images, '--format', 'junit'])).stdout)).toEqual([]);
  });
});

describe('cramfs explain', () => {
  const explain = (...argv: string[]): Promise<Run> => cramfs(['explain', ...argv]);

  test.each(FINDING_IDS)('%s prints its page', async (id) => {
    const { code, stdout, stderr } = await explain(id);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^${id}: `));
    expect(stdout.replace(/\s+/g, ' ').startsWith(`${id}: ${definitionOf({ id }).title} Severity: `)).toBe(true);
    // Words of the page as they are, without the marks of Markdown, within the terminal.
    expect(stdout).not.toMatch(/[*]{2}|\]\(|^```/m);
    expect(stdout.split('\n').filter((line) => line.length > 80 && !line.startsWith('    '))).toEqual([]);
  });

  test.each([...IDS_BY_CODE].slice(0, 3))('%s, a code of check, prints its page', async (code, id) => {
    expect(await explain(code)).toEqual(await explain(id));
    expect(await explain(code.toLowerCase())).toMatchObject({ code: 0 });
  });

  test('lists all ids, the longest lines within the terminal', async () => {
    const { stdout } = await cramfs(['explain'], { columns: 60 });
    expect(stdout.split('\n').filter((line) => line.length > 60)).toEqual([]);
    const ids = stdout.split('\n').flatMap((line) => /^[a-z]+\/[a-z0-9-]+/.exec(line) ?? []);
    expect(ids).toEqual(FINDING_IDS);
  });

  test('suggests what was meant', async () => {
    const { code, stderr } = await explain('xip/layout-brake');
    expect(code).toBe(2);
    expect(stderr).toBe(
      'cramfs explain: no finding has the id "xip/layout-brake" (did you mean "xip/layout-break"?)\n',
    );
    expect(await explain('nonsense')).toMatchObject({ code: 2, stdout: '' });
  });
});

test('a reader that goes away ends the program quietly', async () => {
  const program = await bundleProgram('cramfs', folder);
  const images = Array.from({ length: 60 }, () => root);
  const { stderr } = spawnSync(
    'bash',
    ['-c', '"$0" "$@" | head -c 100 > /dev/null', process.execPath, program, 'audit', ...images],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
});
