/** What is run: a command or several whose results must fit together, on inputs of certain kinds. */
import { rmSync, writeFileSync } from 'node:fs';
import { changedText } from './change.ts';
import { type Chance, chanceFrom } from './inputs/chance.ts';
import { readFileSync } from './inputFiles.ts';
import type { InputKind } from './inputs/index.ts';
import { randomFrom } from './mutate.ts';
import { somePath } from './paths.ts';
import { expect, type Sandbox } from './sandbox.ts';

/** One execution, which it repeats. */
export interface Case {
  readonly kind: string;
  /** Chooses the options. */
  readonly choice: number;
  readonly inputs: readonly Uint8Array[];
}

interface Kind {
  /** Share of the time, among all. */
  readonly weight: number;
  readonly inputs: readonly InputKind[];
  /** @param files paths of the inputs */
  run(sandbox: Sandbox, files: readonly string[], chance: Chance): Promise<void>;
}

const KERNELS = ['6.12', '6.1', 'linux-4.15', 'nommu', 'nommu-6.12'];
const MACHINE = [
  [],
  [],
  ['--kernel', '6.1'],
  ['--kernel', 'nommu'],
  ['--kernel', 'linux-4.15'],
  ['--cpu', 'arm'],
  ['--cpu', 'riscv32', '--riscv-icache', 'sparsemem'],
  ['--cpu', 'xtensa', '--kernel', 'nommu-6.12'],
  ['--phys', '0x42000000', '--region', '64K'],
  ['--fill', 'ff'],
];
const PLACE = [
  [],
  [],
  [],
  [],
  ['--page-size', '8K'],
  ['--page-size', '64K'],
  ['--image-offset', '4'],
  ['--image', '1'],
];
const MAPPING = [
  [],
  ['--trace'],
  ['--pages', '--crc'],
  ['--offset', '4096'],
  ['--length', '8192', '--prot', 'rw'],
  ['--shared'],
];
const AUDIT = ['text', 'json', 'ndjson', 'sarif', 'junit', 'github', 'gitlab', 'markdown'];
const LISTS = [['-R', '-l'], ['-R', '--json'], ['-R'], ['-l', '--long'], []];

/** What a word of a command stands for: an input, a path in the image, a place of this thread's own, or itself. */
function wordFor(
  word: string,
  sandbox: Sandbox,
  files: readonly string[],
  inputs: readonly InputKind[],
  chance: Chance,
): string {
  switch (word) {
    case 'IN0':
    case 'IN1':
      return files[Number(word.slice(-1))] ?? '';
    case 'PATH':
      return somePath(chance, sandbox.bytesOf(inputs.indexOf('image')));
    case 'OUT':
      return fresh(sandbox);
    case 'EXTRACTED':
      return sandbox.path('extracted');
    case TREE:
      return sandbox.path(TREE);
    default:
      return word;
  }
}

/** A command with options chosen from lists. */
function command(
  weight: number,
  inputs: readonly InputKind[],
  words: readonly string[],
  ...options: readonly (readonly (readonly string[])[])[]
): Kind {
  return {
    weight,
    inputs,
    run: async (sandbox, files, chance) => {
      const argv = words.map((word) => wordFor(word, sandbox, files, inputs, chance));
      await sandbox.run(...argv, ...options.flatMap(chance.pick));
    },
  };
}

const JSON_OR_NOT = [[], ['--json']];
const TREE = 'TREE';

/** What mkfs built has no errors. */
async function expectSound(sandbox: Sandbox, out: string, what: string, ...options: string[]): Promise<void> {
  const { code, stdout, stderr } = await sandbox.run('check', out, ...options);
  // Of entries in the last bytes of a small image mkfs warns: the classic builders place them so.
  const [errors, unseen] = [stdout.match(/^error: /gm) ?? [], stdout.match(/image[/]entry-unseen/g) ?? []];
  if (code === 1 && errors.length === unseen.length) return;
  expect(code === 0, `${what} builds what check refuses: ${(stderr + stdout).slice(0, 300)}`);
}

/** Builds from the tree of plain files with a text, and checks what comes of it. */
function building(input: InputKind, option: string, ...more: string[]): Kind {
  return {
    weight: 3,
    inputs: [input],
    run: async (sandbox, [file = ''], { pick }) => {
      const out = fresh(sandbox);
      const text = option === '--from-listing' ? readFileSync(file, 'latin1') : '';
      const extra = text === '' ? pick([[], ['--truncate'], ['-B'], ['-z', '-x']]) : [];
      const { code } = await sandbox.run('mkfs', ...more, ...extra, option, file, sandbox.path(TREE), out);
      // Blocks without flags are a vendor's. Few files may not show the page size.
      if (code !== 0 || text.includes('unflagged=')) return;
      const [, pageSize] = /page-size=([0-9]+)/.exec(text) ?? [];
      await expectSound(sandbox, out, `mkfs ${option}`, ...(pageSize === undefined ? [] : ['--page-size', pageSize]));
    },
  };
}

/** The audits of two images as two shards. Their files. */
async function shards(sandbox: Sandbox, images: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const shard of ['1/2', '2/2']) {
    const file = sandbox.path(`shard-${shard.slice(0, 1)}`);
    const { stdout } = await sandbox.run('audit', '--jobs', '1', '--format', 'ndjson', '--shard', shard, ...images);
    writeFileSync(file, stdout);
    files.push(file);
  }
  return files;
}

function fresh(sandbox: Sandbox, name = 'out'): string {
  const out = sandbox.path(name);
  rmSync(out, { force: true });
  return out;
}

export const KINDS: Readonly<Record<string, Kind>> = {
  sound: {
    weight: 20,
    inputs: ['image'],
    run: async (sandbox, [image = ''], { random }) => {
      const check = await sandbox.run('check', '--json', image);
      if (random(4) === 0)
        expect((await sandbox.run('check', image)).code === check.code, 'check and check --json end differently');
      if (check.code !== 0) return;
      if (random(3) === 0) {
        const { code } = await sandbox.run('diff', '--json', image, image);
        expect(code === 0, `diff of a sound image with itself ends with ${String(code)}`);
      } else {
        const { code, stderr } = await sandbox.run('extract', '--tar', '/dev/null', image);
        expect(code !== 3, `check is clean, extract: ${stderr.slice(0, 200)}`);
      }
    },
  },
  repack: {
    weight: 8,
    inputs: ['image'],
    run: async (sandbox, [image = ''], { pick }) => {
      const out = fresh(sandbox);
      const options = pick([[], ['-X'], ['-z'], ['-B'], ['--xip', 'mmu', '--phys', '0x10000000']]);
      // Else a vendor's format is kept, and with it what check refuses for Linux.
      const { code } = await sandbox.run('mkfs', '--no-vendor', ...options, image, out);
      if (code === 0) await expectSound(sandbox, out, `mkfs ${options.join(' ')}`);
    },
  },
  'repack as it is': command(2, ['image'], ['mkfs', 'IN0', 'OUT']),
  listing: {
    weight: 3,
    inputs: ['image'],
    run: async (sandbox, [image = '']) => {
      const [first, second, list] = [fresh(sandbox), fresh(sandbox, 'again'), sandbox.path('list')];
      if ((await sandbox.run('mkfs', image, first)).code !== 0) return;
      const described = await sandbox.run('describe', first);
      expect(described.code === 0, `describe of an image of mkfs ends with ${String(described.code)}`);
      writeFileSync(list, described.stdout);
      const { code, stderr } = await sandbox.run('mkfs', '--from-listing', list, first, second);
      expect(code === 0, `mkfs of a listing of its own: ${stderr.slice(0, 200)}`);
      // An image without files does not show its page size, and others less than their bytes: describe says so.
      if (!described.stdout.includes('byte for byte')) return;
      expect(readFileSync(first).equals(readFileSync(second)), 'describe and mkfs do not give the same bytes');
    },
  },
  threads: {
    weight: 1,
    inputs: ['image', 'image'],
    run: async (sandbox, files, { pick }) => {
      const format = ['--format', pick(AUDIT)];
      const words = ['audit', ...format, ...files];
      const [one, two] = [await sandbox.run(...words, '--jobs', '1'), await sandbox.run(...words, '--jobs', '2')];
      expect(one.code === two.code && one.stdout === two.stdout, 'two threads report other than one');
      const merged = await sandbox.run('audit', '--merge', ...format, ...(await shards(sandbox, files)));
      expect(one.code === merged.code && one.stdout === merged.stdout, 'shards report other than one run');
    },
  },
  shards: {
    weight: 2,
    inputs: ['image', 'image'],
    run: async (sandbox, files, chance) => {
      const parts = await shards(sandbox, files);
      const [one = ''] = parts;
      if (chance.random(4) !== 0) writeFileSync(one, changedText(chance, readFileSync(one), readFileSync(one)));
      await sandbox.run('audit', '--merge', ...parts, ...chance.pick(JSON_OR_NOT));
    },
  },
  'own baseline': {
    weight: 1,
    inputs: ['image'],
    run: async (sandbox, [image = '']) => {
      const out = fresh(sandbox);
      const words = ['audit', '--jobs', '1', image];
      if ((await sandbox.run(...words, '--write-baseline', out)).code > 1) return;
      const { code } = await sandbox.run(...words, '--baseline', out);
      expect(code === 0, `an audit with a baseline of its own ends with ${String(code)}`);
    },
  },
  'own audit': {
    weight: 1,
    inputs: ['image'],
    run: async (sandbox, [image = ''], chance) => {
      const list = sandbox.path('list');
      const { code, stdout } = await sandbox.run('audit', '--jobs', '1', '--json', image);
      if (code > 1) return;
      writeFileSync(list, stdout);
      const isSound = (await sandbox.run('check', image)).code === 0;
      const { code: differs } = await sandbox.run('diff', list, image);
      expect(!isSound || differs === 0, `diff of an audit and its image ends with ${String(differs)}`);
      writeFileSync(list, changedText(chance, readFileSync(list), readFileSync(list)));
      await sandbox.run('diff', list, image, ...chance.pick(JSON_OR_NOT));
    },
  },
  'diff of two': command(1, ['image', 'image'], ['diff', 'IN0', 'IN1'], JSON_OR_NOT, MACHINE),
  info: command(8, ['image'], ['info', 'IN0'], [[], ['--json'], ['--ranges']], PLACE),
  ls: command(8, ['image'], ['ls', 'IN0'], LISTS, PLACE),
  tree: command(3, ['image'], ['tree', 'IN0'], JSON_OR_NOT),
  stat: command(6, ['image'], ['stat', 'IN0', 'PATH'], JSON_OR_NOT),
  blocks: command(6, ['image'], ['blocks', 'IN0', 'PATH'], JSON_OR_NOT),
  cat: command(3, ['image'], ['cat', 'IN0', 'PATH']),
  map: command(10, ['image'], ['map', 'IN0', 'PATH'], MAPPING, MACHINE, JSON_OR_NOT),
  exec: command(10, ['image'], ['exec', 'IN0', 'PATH'], MACHINE, JSON_OR_NOT),
  manifest: command(
    4,
    ['image'],
    ['manifest', 'IN0'],
    ['mtree', 'sha256sum', 'cyclonedx', 'json'].map((format) => ['--format', format]),
  ),
  audit: command(
    4,
    ['image'],
    ['audit', '--jobs', '1', 'IN0'],
    [...AUDIT.map((format) => ['--format', format]), ['--json']],
    MACHINE,
  ),
  report: command(1, ['image'], ['report', 'IN0'], [[], ['--svg'], ['--embed']], MACHINE),
  describe: command(3, ['image'], ['describe', 'IN0']),
  'compare-kernels': command(
    4,
    ['image'],
    ['compare-kernels', 'IN0'],
    KERNELS.map((kernel) => [kernel]),
    JSON_OR_NOT,
  ),
  extract: command(2, ['image'], ['extract', '--force', 'IN0', 'EXTRACTED']),
  scan: command(6, ['dump'], ['scan', 'IN0'], JSON_OR_NOT),
  'dump, info': command(3, ['dump'], ['info', 'IN0'], PLACE, JSON_OR_NOT),
  'dump, check': command(3, ['dump'], ['check', 'IN0'], PLACE, JSON_OR_NOT),
  'plain tree': {
    weight: 1,
    inputs: [],
    run: async (sandbox, _files, { pick }) => {
      const out = fresh(sandbox);
      const options = pick([
        [],
        ['-X', '-x'],
        ['-z'],
        ['-B'],
        ['-p'],
        ['--page-size', '16K'],
        ['--xip', 'mmu', '--phys', '0x10000000'],
      ]);
      const { code, stderr } = await sandbox.run('mkfs', ...options, sandbox.path(TREE), out);
      expect(code === 0, `mkfs of a plain tree: ${stderr.slice(0, 200)}`);
      await expectSound(sandbox, out, 'mkfs');
    },
  },
  archive: {
    weight: 6,
    inputs: ['tar'],
    run: async (sandbox, [file = '']) => {
      const out = fresh(sandbox);
      const { code } = await sandbox.run('mkfs', file, out);
      if (code === 0) await expectSound(sandbox, out, 'mkfs of an archive');
    },
  },
  stage: command(1, ['tar', 'paths'], ['stage', '--from', 'IN0', '--dlopen-list', 'IN1', '/sh'], JSON_OR_NOT),
  'from listing': building('listing', '--from-listing'),
  'device table': building('device table', '--device-table'),
  'id map': building('id map', '--uid-gid-map'),
  insert: building('insert', '--insert'),
  'xip list': building('paths', '--xip-list', '--xip', 'mmu', '--phys', '0x10000000'),
  'xip profile': building('capture', '--xip-profile', '--xip', 'mmu', '--phys', '0x10000000'),
  like: command(2, ['image'], ['mkfs', '--like', 'IN0', TREE, 'OUT']),
  'policy check': command(6, ['policy'], ['policy', 'check', 'IN0']),
  policy: command(3, ['policy', 'image'], ['audit', '--jobs', '1', '--policy', 'IN0', 'IN1'], JSON_OR_NOT),
  baseline: command(2, ['baseline', 'image'], ['audit', '--jobs', '1', '--baseline', 'IN0', 'IN1'], JSON_OR_NOT),
  board: command(4, ['board', 'image'], ['map', '--board', 'IN0', 'IN1', 'PATH'], JSON_OR_NOT),
  partition: command(
    4,
    ['partition table', 'image'],
    ['map', '--partition', 'rootfs', '--partition-table', 'IN0', 'IN1', 'PATH'],
    [[], ['--flash-base', '0x42000000']],
  ),
  merge: command(4, ['shard', 'shard'], ['audit', '--merge', 'IN0', 'IN1'], JSON_OR_NOT),
  'old audit': command(2, ['audit', 'image'], ['diff', 'IN0', 'IN1'], JSON_OR_NOT),
  batch: command(5, ['batch', 'image'], ['map', 'IN1', '--batch', 'IN0'], MACHINE),
  profile: command(4, ['capture', 'image'], ['profile', 'IN1', 'IN0'], [[], ['--json'], ['--check']]),
  words: {
    weight: 2,
    inputs: ['paths'],
    run: async (sandbox, [file = ''], { pick }) => {
      // The command line itself is an input: words of a text, NULs aside, which no system hands over.
      const words = readFileSync(file, 'utf8')
        .replaceAll('\0', '')
        .split(/\s+/)
        .filter((word) => !word.startsWith('-'));
      await sandbox.run(pick(['info', 'explain', 'help', 'stat', '', 'no-such']), ...words.slice(0, 3));
    },
  },
};

/** The tree that texts are tried on. */
export const TREE_FOLDER = TREE;
const NAMES = Object.keys(KINDS);

/** Milliseconds of a case of a kind before one was timed, and the least that counts. */
const FIRST_TIME = 2;
const LEAST_TIME = 0.1;
/** How much the newest case counts in the mean, once there are many. */
const SHARE_OF_NEWEST = 0.02;
/** Milliseconds that one case counts at most: one that is slow once must not keep its kind from being tried. */
const MOST_TIME = 1000;
/** Picks between which the shares stay as they are: few cases change the means by much. */
const SAME_SHARES = 16;

/** Chooses kinds so that each gets time, not cases, by its weight: quick commands run more often. */
export class KindChooser {
  readonly #times = new Map<string, number>(NAMES.map((name) => [name, FIRST_TIME]));
  readonly #counts = new Map<string, number>();
  /** Where the share of each kind ends, of all shares in a row. */
  #ends: readonly number[] = [];
  #picks = 0;

  /** Notes how long a case of a kind took, in ms. */
  note(kind: string, took: number): void {
    const before = this.#times.get(kind) ?? FIRST_TIME;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    this.#times.set(kind, before + (Math.min(took, MOST_TIME) - before) * Math.max(SHARE_OF_NEWEST, 1 / count));
  }

  pick({ random }: Chance): string {
    if (this.#picks++ % SAME_SHARES === 0) this.#share();
    const place = (random(1 << 24) / (1 << 24)) * (this.#ends.at(-1) ?? 0);
    return NAMES[this.#ends.findIndex((end) => place < end)] ?? 'sound';
  }

  #share(): void {
    let sum = 0;
    this.#ends = NAMES.map(
      (name) => (sum += (KINDS[name]?.weight ?? 0) / Math.max(LEAST_TIME, this.#times.get(name) ?? 0)),
    );
  }
}

/** Runs a case. @throws Error for what does not hold */
export async function runCase({ kind, choice, inputs }: Case, sandbox: Sandbox): Promise<void> {
  const files = inputs.map((bytes, index) => sandbox.input(index, bytes));
  sandbox.features = new Set();
  await KINDS[kind]?.run(sandbox, files, chanceFrom(randomFrom(choice)));
}
