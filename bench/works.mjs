// What is measured: groups of commands that are run by turns, and the rows of the table that are made of them.
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { COMMAND, CRAMFS, extended, findCommand, unpackImage } from './measure.mjs';

/**
 * @typedef {object} Row
 * @property {string} id for --only, and the key in the baseline
 * @property {string} name
 * @property {string} ours a command of the group
 * @property {string} peer the command of the group that it is compared with
 * @property {string} beside the peer in words
 * @property {string} [aside] the command whose time is taken off ours: the start-up of node
 * @property {'wall' | 'cpu'} by what the target is about
 * @property {number} target the highest ratio
 * @property {number} [megabytes] the most memory
 * @property {number} [first] the ratio that was measured when the target was set, on another day
 * @property {boolean} [same] whether both make the same bytes
 * @property {string} limit what limits it
 *
 * @typedef {object} Group
 * @property {Record<string, string[] | null>} commands null where the tool is not installed
 * @property {number} [repeat] runs that are one measurement: short commands
 * @property {string} [made] what each command makes; removed after each
 * @property {Row[]} rows
 */

/** Debian packages of the peers. */
const PACKAGES = [
  { names: ['7zz', '7z'], package: '7zip' },
  { names: ['mkfs.cramfs'], package: 'util-linux-extra (util-linux before Debian 12)' },
  { names: ['fsck.cramfs'], package: 'util-linux-extra (util-linux before Debian 12)' },
  { names: ['mkcramfs'], package: null },
];

/** What is installed of the peers, and the packages that are missing. */
export function findPeers() {
  const [sevenZip, mkfs, fsck, mkcramfs] = PACKAGES.map(({ names }) => findCommand(names));
  const missing = PACKAGES.flatMap((tool) =>
    tool.package !== null && findCommand(tool.names) === undefined ? [tool.package] : [],
  );
  return { sevenZip, mkfs, fsck, mkcramfs, missing: [...new Set(missing)] };
}

/** How the requests of the batch map. */
const WAYS = [
  { prot: 'r', flags: 'private' },
  { prot: 'rx', flags: 'private' },
  { prot: 'rw', flags: 'private' },
  { prot: 'r', flags: 'shared' },
  { prot: 'rx', flags: 'shared' },
  { prot: 'r', flags: 'private,lone' },
  { prot: 'rx', flags: 'private,lone' },
];
/** Requests in the batch. */
export const REQUESTS = 100_000;
const NODE = process.execPath;
const COMPILING = 'code that is not optimised yet in so short a run';

/**
 * @param {string} folder with the trees `small` and `system` and their images
 * @param {ReturnType<typeof findPeers>} peers
 * @returns {Group[]}
 */
export function groups(folder, peers) {
  const at = (/** @type {string} */ name) => join(folder, name);
  // Extraction to memory: what is measured is not the disk.
  const out = existsSync('/dev/shm') ? join('/dev/shm', `cramfs-bench-${process.pid}`) : at('out');
  /** @param {string | undefined} tool @param {string[]} args */
  const peer = (tool, ...args) => (tool === undefined ? null : [tool, ...args]);
  const cramfs = (/** @type {string[]} */ ...args) => [NODE, CRAMFS, ...args];
  const bare = [NODE, '-e', '0'];
  return [
    startUp(folder, bare),
    ...['small', 'system'].flatMap((tree) => {
      const image = at(`${tree}.cramfs`);
      const isSmall = tree === 'small';
      /** @type {Group[]} */
      const list = [
        {
          commands: { bare, peer: peer(peers.sevenZip, 'l', image), ours: cramfs('ls', '-R', image) },
          repeat: 3,
          rows: [
            {
              id: `list-${tree}`,
              name: `list, ${tree} tree`,
              ours: 'ours',
              peer: 'peer',
              beside: '`7zz l`, the start-up of node taken off ours',
              aside: 'bare',
              by: 'wall',
              target: 2,
              limit: COMPILING,
            },
          ],
        },
        {
          commands: { peer: peer(peers.sevenZip, 'l', image), ours: cramfs('audit', '--no-inflate', image) },
          rows: [
            {
              id: `audit-${tree}`,
              name: `audit --no-inflate, ${tree} tree`,
              ours: 'ours',
              peer: 'peer',
              beside: '`7zz l`, which only lists',
              by: 'cpu',
              target: isSmall ? 7 : 4,
              megabytes: 250,
              first: isSmall ? 14 : 7.1,
              limit: isSmall ? COMPILING : 'programs that are mapped, and compiling',
            },
          ],
        },
        {
          commands: { peer: peer(peers.fsck, '--extract', image), ours: cramfs('check', image) },
          rows: [
            {
              id: `check-${tree}`,
              name: `check, ${tree} tree`,
              ours: 'ours',
              peer: 'peer',
              beside: '`fsck.cramfs --extract`: inflates each block, writes nothing',
              by: 'wall',
              target: isSmall ? 1.2 : 0.6,
              first: isSmall ? 2.4 : 0.83,
              limit: isSmall ? 'inflating, and compiling' : 'inflating',
            },
          ],
        },
        {
          commands: {
            peer: peer(peers.fsck, `--extract=${out}`, image),
            ours: cramfs('extract', '--quiet', image, out),
          },
          made: out,
          rows: [
            {
              id: `extract-${tree}`,
              name: `extract, ${tree} tree`,
              ours: 'ours',
              peer: 'peer',
              beside: '`fsck.cramfs --extract=DIR`',
              by: 'wall',
              target: isSmall ? 0.8 : 0.6,
              first: isSmall ? 1.5 : 0.88,
              limit: isSmall ? 'system calls: open and write' : 'inflating, and system calls',
            },
          ],
        },
      ];
      return list;
    }),
    ...['small', 'system'].map((tree) => build(at(tree), out, tree, peers)),
    scan(at('random')),
  ];
}

/** @param {string} folder @param {string[]} bare @returns {Group} */
function startUp(folder, bare) {
  const image = unpackImage(folder, 'root-XX.cramfs');
  const dump = extended(image, join(folder, 'flash.bin'), 200_000_000);
  writeFileSync(join(folder, 'requests'), requestsOf(image));
  return {
    commands: {
      bare,
      ours: [NODE, COMMAND, image, '/bin/hello', '--json'],
      dump: [NODE, COMMAND, dump, '/bin/hello', '--json'],
    },
    repeat: 10,
    rows: [
      {
        id: 'start-up',
        name: '`cramfs-map IMAGE PATH --json`',
        ours: 'ours',
        peer: 'bare',
        beside: '`node -e 0`',
        by: 'wall',
        target: 1.2,
        first: 1.37,
        limit: "the program's compiled code, and functions of Node that are compiled",
      },
      {
        id: 'start-up-dump',
        name: 'the same, the image in a dump of 200 MB',
        ours: 'dump',
        peer: 'bare',
        beside: '`node -e 0`',
        by: 'wall',
        target: 1.3,
        limit: 'the same, and zlib for the CRC',
      },
    ],
  };
}

/**
 * A batch of requests, no two of them equal: from each page of each file on one page, then two, and so on, each in seven
 * ways.
 * @param {string} image
 */
function requestsOf(image) {
  const { stdout } = spawnSync(NODE, [CRAMFS, 'ls', '-R', '--json', image], { encoding: 'utf8' });
  /** @type {{ path: string, type: string, size: number }[]} */
  const entries = JSON.parse(stdout).entries;
  const files = entries.filter(({ type }) => type === 'file');
  const longest = Math.max(...files.map(({ size }) => size)) + 4096;
  const lines = [];
  for (let length = 4096; length < longest; length += 4096) {
    for (const { path, size } of files) {
      for (let offset = 0; offset + length < size + 4096; offset += 4096) {
        for (const kind of WAYS) lines.push(JSON.stringify({ path, offset, length, ...kind }));
      }
    }
  }
  if (lines.length < REQUESTS) throw new Error(`the image has files for ${lines.length} requests only`);
  return `${lines.slice(0, REQUESTS).join('\n')}\n`;
}

/** The batch of requests: what is measured is a rate. @param {string} folder */
export const batchCommand = (folder) => [
  NODE,
  COMMAND,
  join(folder, 'root-XX.cramfs'),
  '--batch',
  join(folder, 'requests'),
];

/**
 * @param {string} source
 * @param {string} out
 * @param {string} tree
 * @param {ReturnType<typeof findPeers>} peers
 * @returns {Group}
 */
function build(source, out, tree, peers) {
  const isSmall = tree === 'small';
  const mkfs = (/** @type {string[]} */ ...args) => [NODE, CRAMFS, 'mkfs', ...args, source, out];
  const compression = 'compression to the bytes of classic zlib';
  /** @type {Row} */
  const utilLinux = {
    id: `build-${tree}`,
    name: `build, ${tree} tree, util-linux layout`,
    ours: 'utilLinux',
    peer: 'peer',
    beside: '`mkfs.cramfs`',
    by: 'wall',
    target: isSmall ? 0.2 : 0.6,
    megabytes: 300,
    first: isSmall ? 0.41 : 0.82,
    same: true,
    limit: compression,
  };
  const tool = peers.mkfs === undefined ? null : [peers.mkfs, source, out];
  if (isSmall)
    return { commands: { peer: tool, utilLinux: mkfs('--layout', 'util-linux') }, made: out, rows: [utilLinux] };
  const hasReference = peers.mkcramfs !== undefined;
  return {
    commands: {
      peer: tool,
      ...(hasReference ? { reference: [peers.mkcramfs ?? '', source, out] } : {}),
      utilLinux: mkfs('--layout', 'util-linux'),
      compatible: mkfs(),
      fast: mkfs('--deflate', 'fast'),
    },
    made: out,
    rows: [
      utilLinux,
      {
        id: `build-${tree}-compatible`,
        name: `build, ${tree} tree, compatible`,
        ours: 'compatible',
        peer: hasReference ? 'reference' : 'peer',
        beside: hasReference ? '`mkcramfs`' : '`mkfs.cramfs` (`mkcramfs` is not installed)',
        by: 'wall',
        target: 0.8,
        megabytes: 300,
        first: 0.99,
        limit: compression,
      },
      {
        id: `build-${tree}-fast`,
        name: `build, ${tree} tree, --deflate fast`,
        ours: 'fast',
        peer: 'peer',
        beside: '`mkfs.cramfs`',
        by: 'wall',
        target: 0.3,
        megabytes: 300,
        first: 0.66,
        limit: 'compression',
      },
    ],
  };
}

/** @param {string} file @returns {Group} */
function scan(file) {
  spawnSync('sh', ['-c', 'head -c 268435456 /dev/urandom > "$1"', 'sh', file]);
  return {
    commands: { peer: ['grep', '-cF', 'qwertzuio', file], ours: [NODE, CRAMFS, 'scan', file] },
    rows: [
      {
        id: 'scan',
        name: '`scan` of 256 MiB of random bytes',
        ours: 'ours',
        peer: 'peer',
        beside: '`grep -cF` of one word',
        by: 'wall',
        target: 2,
        first: 5.2,
        limit: 'reading the file, and the start-up',
      },
    ],
  };
}
