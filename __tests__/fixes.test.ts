/** Every fix that a finding prints is followed literally, and the finding is gone. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { FINDING_IDS } from '../lib/policy/findings.ts';
import { adviceWords } from '../lib/report/mapAdvice.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { imageTree } from '../lib/mkfs/source/imageTree.ts';
import { buildImage } from '../lib/mkfs/mkfs.ts';
import { bytesContent } from '../lib/mkfs/sourceTree.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { Board, type BoardOptions } from '../lib/verdict/board.ts';
import type { MapVerdict } from '../lib/verdict/mapVerdict.ts';
import { cramfs } from './support/auditHelp.ts';
import { runCramfsMap } from '../lib/cli/run.ts';
import { Folder, type Run, runProgram } from './support/cli.ts';
import { buildRawImage, type RawEntry } from './support/rawImage.ts';
import { caseName, fixesPage } from './support/fixesPage.ts';
import { MAP_FIX_CASES, type MapFixCase, PROGRAM_FIX, WHOLE_PAGES_FIX } from './support/mapFixCases.ts';
import { FIX_CASES, type FixCase, type Follow } from './support/fixCases.ts';
import {
  auditOf,
  commandsOf,
  fixOf,
  type GivenFix,
  imageMadeBy,
  rebuiltFromFiles,
  rebuiltWith,
  runCommand,
  type Situation,
} from './support/followFix.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

/** Paths that a finding is still reported at. */
async function placesOf(id: string, situation: Situation): Promise<(string | null)[]> {
  const { findings } = await auditOf(situation);
  return findings.filter((finding) => finding.id === id).map(({ path }) => path);
}

async function follow(example: FixCase, how: Follow, { finding, fix }: GivenFix): Promise<void> {
  const { id } = example;
  const bytes = example.image();
  const before: Situation = { ...example, bytes };
  if ('words' in how) expect(fix).toContain(how.words);
  const expectGone = async (situation: Situation): Promise<void> => {
    expect(await placesOf(id, situation)).not.toContain(finding.path);
  };
  switch (how.by) {
    case 'commands': {
      const commands = commandsOf(fix);
      expect(commands).not.toEqual([]);
      for (const command of commands) {
        const given = how.before === undefined ? bytes : await rebuiltWith(before, how.before);
        if (command.startsWith('cramfs audit')) {
          folder.file('fw.cramfs', given);
          const { out } = await runCommand(`${command} --json`, folder.path);
          expect(out).toContain('"findings"');
          expect(out).not.toContain(`"id":"${id}"`);
        } else {
          const made = await imageMadeBy(command, given, folder.path);
          const icache = command.includes('--riscv-icache fixed') ? { riscvIcache: 'fixed' as const } : {};
          const base = command.includes('--phys 0x60100000') ? { physBase: 0x60100000 } : {};
          await expectGone({
            ...example,
            bytes: made,
            open: undefined,
            board: { ...example.board, ...icache, ...base },
          });
        }
      }
      return;
    }
    case 'look':
      folder.file('fw.cramfs', bytes);
      for (const command of commandsOf(fix)) {
        const { out, err } = await runCommand(command, folder.path);
        expect(out + err).toMatch(how.shows);
      }
      return;
    case 'source':
      expect(fix).toContain('rebuild the image from its source files');
      return expectGone({ ...example, bytes: await rebuiltFromFiles(bytes, folder.path), open: undefined });
    case 'tree':
      // It is the change that helps, not that the image was built again.
      if (how.buildingHelps !== true) {
        const unchanged = await rebuiltWith(before, () => undefined);
        expect(await placesOf(id, { ...example, bytes: unchanged, open: undefined })).toContain(finding.path);
      }
      return expectGone({ ...example, bytes: await rebuiltWith(before, how.change), open: undefined });
    case 'image':
      return expectGone({ ...example, bytes: how.image() });
    case 'bytes': {
      const changed = bytes.slice();
      how.change(changed);
      return expectGone({ ...before, bytes: changed });
    }
    case 'machine':
      return expectGone({ ...before, board: { ...example.board, ...how.board }, open: how.open ?? example.open });
    case 'policy':
      return expectGone({ ...before, policy: how.policy });
    case 'nothing':
      expect(finding.severity).toBe('note');
      return;
    case 'hand':
      expect(how.why.length).toBeGreaterThan(10);
  }
}

test('docs/fixes.md lists all of them: npm run docs writes it', async () => {
  expect(readFileSync(new URL('../docs/fixes.md', import.meta.url), 'utf8')).toBe(await fixesPage());
});

test('every finding has a case for its fix', () => {
  expect([...new Set(FIX_CASES.map(({ id }) => id))].sort()).toEqual([...FINDING_IDS].sort());
});

describe('the fix of', () => {
  test.each(FIX_CASES.map((example) => ({ ...example, name: caseName(example) })))('$name works', async (example) => {
    const given = await fixOf(example);
    for (const how of example.follow) await follow(example, how, given);
    // No command is left out.
    const isTried = example.follow.some(({ by }) => by === 'commands' || by === 'look');
    expect([...given.fix.matchAll(/cramfs [a-z]+ \S*(fw[.]cramfs|IMAGE)/g)]).toHaveLength(
      isTried ? commandsOf(given.fix).length : 0,
    );
  });
});

/** A mapping of /f under the advice, and what is advised of each kind. */
function mapped({ image, board, request, pageSize = 4096 }: MapFixCase): { verdict: MapVerdict; fixes: string } {
  const verdict = new Board(CramfsImage.open(image(), { pageSize }), board).map(
    { path: '/f', ...request },
    { advice: true },
  );
  const fixes = verdict.advice === null ? '' : (adviceWords(verdict.advice, { image: 'fw.cramfs', verdict }).fix ?? '');
  return { verdict, fixes };
}

const remapped = (bytes: Uint8Array, board: BoardOptions = {}, request: object = {}): MapVerdict =>
  new Board(openDetected(bytes), board).map({ path: '/f', ...request });

describe('the advice on a mapping', () => {
  test.each(Object.entries(MAP_FIX_CASES))('%s works', async (kind, example) => {
    const { verdict, fixes } = mapped(example);
    const { image, board, request } = example;
    expect(verdict.advice?.remedies.map((remedy) => remedy.kind)).toContain(kind);
    if (example.by === 'command') {
      const commands = commandsOf(fixes);
      expect(commands).not.toEqual([]);
      for (const command of commands) {
        const made = await imageMadeBy(command, image(), folder.path);
        expect(remapped(made, board, request).state).toBe('pfnmap');
      }
      return;
    }
    const [, option = '', value = '', state = 'PFNMAP'] =
      /(?:[(]|such as )--(length|offset|prot|phys) (\w+)(?:: (\w+))?/.exec(fixes) ??
      /with --(phys|region)()/.exec(fixes) ??
      [];
    const changed: Record<string, object> = {
      length: { length: Number.parseInt(value) * 4096 },
      offset: { offset: Number(value) },
      prot: { prot: value },
    };
    const moved = {
      ...(option === 'phys' ? { physBase: value === '' ? 0x60100000 : Number(value) } : {}),
      ...(option === 'region' ? { regionSize: 4 << 20 } : {}),
    };
    expect(remapped(image(), { ...board, ...moved }, { ...request, ...changed[option] }).state).toBe(
      state.toLowerCase(),
    );
  });

  test('of a program places its read-only segments', async () => {
    const [command = ''] = commandsOf(mapped(PROGRAM_FIX).fixes);
    const made = await imageMadeBy(command, PROGRAM_FIX.image(), folder.path);
    expect(remapped(made, {}, { prot: 'rx' }).state).toBe('pfnmap');
  });

  test('of a file that ends at a page boundary begins with one byte more', async () => {
    const { fixes } = mapped(WHOLE_PAGES_FIX);
    expect(fixes).toContain('make the file one byte longer');
    const tree = imageTree(openDetected(WHOLE_PAGES_FIX.image()));
    const entry = tree.children.get('f');
    if (entry?.type !== 'file') throw new Error('no /f');
    const longer = bytesContent(Buffer.concat([entry.content.read(), Buffer.alloc(1)]));
    tree.children.set('f', { ...entry, content: longer });
    const [command = ''] = commandsOf(fixes);
    const made = await imageMadeBy(command, (await buildImage(tree)).bytes, folder.path);
    expect(remapped(made).state).toBe('pfnmap');
  });
});

/** Hints of wrong usage: the command that gets one, what it says, and the command with that done. */
const HINTS: readonly (readonly [name: string, given: string[], says: RegExp, followed: (hint: string) => string[]])[] =
  [
    [
      'an unknown key of a policy',
      ['audit', 'IMG', '--policy', 'version: 1\nkernle: linux-6.18'],
      /did you mean "(\w+)"/,
      (hint) => ['audit', 'IMG', '--policy', `version: 1\n${hint}: linux-6.18`],
    ],
    [
      'a value that no key has',
      ['audit', 'IMG', '--policy', 'version: 1\nendian: litle'],
      /did you mean "(\w+)"/,
      (hint) => ['audit', 'IMG', '--policy', `version: 1\nendian: ${hint}`],
    ],
    [
      'a glob without a slash',
      ['audit', 'IMG', '--policy', 'version: 1\nrequires: [{ paths: app, direct: 0 %, segments: none }]'],
      /did you mean "([^"]+)"/,
      (hint) => ['audit', 'IMG', '--policy', `version: 1\nrequires: [{ paths: ${hint}, direct: 0 %, segments: none }]`],
    ],
    [
      'a rule that there is not',
      ['audit', 'IMG', '--policy', 'version: 1\nexceptions: [{ rule: xip/compresed, reason: Why. }]'],
      /did you mean "([^"]+)"/,
      (hint) => ['audit', 'IMG', '--policy', `version: 1\nexceptions: [{ rule: ${hint}, reason: Why. }]`],
    ],
    ['a finding to explain', ['explain', 'xip/compresed'], /did you mean "([^"]+)"/, (hint) => ['explain', hint]],
    [
      'a kernel model that there is not',
      ['audit', 'IMG', '--kernel', 'linx-6.18'],
      /did you mean "([^"]+)"/,
      (hint) => ['audit', 'IMG', '--kernel', hint],
    ],
    [
      'a CPU without an MMU',
      ['audit', 'IMG', '--cpu', 'arm-m'],
      /: add (--kernel \w+)/,
      (hint) => ['audit', 'IMG', '--cpu', 'arm-m', ...hint.split(' ')],
    ],
    [
      'a partition without an address',
      ['audit', 'IMG', '--partition-table', 'mtdparts=flash:1M(root)', '--partition', 'root'],
      /: add (--flash-base)/,
      (hint) => [
        'audit',
        'IMG',
        '--partition-table',
        'mtdparts=flash:1M(root)',
        '--partition',
        'root',
        hint,
        '0x60000000',
      ],
    ],
  ];

const ROOT = new URL('../', import.meta.url);

/** The sources that print hints, and the tests that follow them. */
const HINT_TESTS: Readonly<Record<string, string>> = {
  'base/errorSentences.ts': 'nearPaths.test.ts',
  'base/suggest.ts': 'fixes.test.ts',
  'cli/commands/explain.ts': 'fixes.test.ts',
  'cli/machine.ts': 'fixes.test.ts',
  'cli/mkfs/advice.ts': 'build.advice.test.ts',
  'cli/mkfs/xipOptions.ts': 'build.advice.test.ts',
  'driver/models/named.ts': 'fixes.test.ts',
  'policy/compileGlobs.ts': 'fixes.test.ts',
  'policy/ruleIds.ts': 'fixes.test.ts',
  'policy/schemaProblems.ts': 'fixes.test.ts',
  'report/diagnosisWords.ts': 'diagnose.cli.test.ts',
  'report/mkfsWords.ts': 'build.advice.test.ts',
  'verdict/board.ts': 'fixes.test.ts',
};

describe('the hint about', () => {
  test.each(HINTS)('%s works', async (_name, given, says, followed) => {
    const image = folder.file('hint.cramfs', buildRawImage({ entries: [] }));
    const run = (args: readonly string[]): Promise<Run> => {
      const words = args.map((word) =>
        word === 'IMG' ? image : word.startsWith('version:') ? folder.file('policy.yaml', word) : word,
      );
      return cramfs(words);
    };
    const failed = await run(given);
    expect(failed.code).toBe(2);
    const [, hint = ''] = says.exec(failed.stderr) ?? [];
    expect(hint).not.toBe('');
    const { code, stderr } = await run(followed(hint));
    expect([code === 2, stderr]).toEqual([false, '']);
  });

  test('is followed in a test wherever one is printed', () => {
    const hints = /did you mean|didYouMean|; try: |; run: |: add --|to cut what/;
    const sources = readdirSync(new URL('lib', ROOT), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && hints.test(readFileSync(new URL(`lib/${name}`, ROOT), 'utf8')))
      .map((name) => name.replaceAll('\\', '/'));
    expect(sources.sort()).toEqual(Object.keys(HINT_TESTS).sort());
    for (const file of Object.values(HINT_TESTS)) expect(existsSync(new URL(`__tests__/${file}`, ROOT))).toBe(true);
  });
});

describe('the cause that is named is the true one', () => {
  const link: RawEntry = {
    type: 'symlink',
    name: 'mtab',
    blocks: [{ kind: 'stored', data: Buffer.from('/proc/mounts') }],
  };
  const etc: RawEntry = { type: 'directory', name: 'etc', entries: [link] };

  test.each(['map', 'cat'])('cramfs %s of a link to nothing names the link and its target', async (command) => {
    const image = folder.file('links.cramfs', buildRawImage({ entries: [etc] }));
    const { code, stderr } = await (command === 'map'
      ? runProgram(runCramfsMap, [image, '/etc/mtab'])
      : cramfs(['cat', image, '/etc/mtab']));
    expect(code).toBe(2);
    expect(stderr).toContain('/etc/mtab: a link to /proc/mounts, which is not in the image\n');
    const missing = await runProgram(runCramfsMap, [image, '/etc/other']);
    expect(missing.stderr).toContain('/etc/other: no such file or directory in the image\n');
  });

  test('memory outside the region is the pointers’ fault, or the kernel’s', async () => {
    const image = folder.fixture('images/root-XX.cramfs.gz');
    const kernel = await runProgram(runCramfsMap, [image, '/bin/counter', '--kernel', 'linux-6.17'], { columns: 400 });
    expect(kernel.stdout).toContain('the block pointers are right, and it is this kernel');
    const hostile = folder.fixture('images/adv.cramfs.gz');
    const pointers = await runProgram(runCramfsMap, [hostile, '/fb_past', '--prot', 'r'], { columns: 400 });
    const far = await runProgram(runCramfsMap, [hostile, '/fc_far', '--prot', 'r'], { columns: 400 });
    expect(pointers.stdout + far.stdout).toContain('Linux does not check block pointers');
    expect(pointers.stdout + far.stdout).not.toContain('the block pointers are right');
  });
});
