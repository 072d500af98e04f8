// The folder in which the commands of a page are run: images that samples name, the programs, and what a page's text takes
// for given.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { gunzipSync } from 'node:zlib';
import { runCommands } from './shell.mjs';

/** Files that samples name: name → fixture, unpacked. @type {Readonly<Record<string, string>>} */
const FILES = {
  'mini-XX.cramfs': 'images/mini-XX.cramfs.gz',
  'root.cramfs': 'images/root-XX.cramfs.gz',
  'adv.cramfs': 'patch/adv.cramfs.gz',
  'adj.cramfs': 'patch/adj.cramfs.gz',
  'edges.cramfs': 'images/adv.cramfs.gz',
  'riscv.cramfs': 'riscv/images/rv32-a.cramfs.gz',
  'xtensa.cramfs': 'boards/xtensa.cramfs.gz',
  'zero.cramfs': 'lab/zero-offset.cramfs',
  'entries.cramfs': 'lab/entry-limit.cramfs',
  'names.cramfs': 'arch/sorted-flag-high-bytes.cramfs',
  'damaged.cramfs': 'malformed/098-block-9000.img',
  'exec64.cramfs': 'exec/exec64.cramfs.gz',
  'exec64.trace': 'profile/exec64-plain@6.12.trace.gz',
  'smaps.txt': 'profile/exec64@6.12.smaps.gz',
  'moved.txt': 'profile/board/address@6.12.smaps.gz',
};

/**
 * Names that the pages use without saying where they come from: a firmware's tree in rootfs and sysroot, images of it (fw,
 * old, plain, base; build/ for CI), a flash dump, requests, a trace, a policy.
 */
const COMMON = `
cramfs extract root.cramfs rootfs && rm rootfs/bin/bare && mkdir -p rootfs/usr/bin
cp fixtures/boards/esp32s31.csv partitions.csv
cp rootfs/bin/hello rootfs/bin/app && cp rootfs/bin/hello rootfs/usr/bin/app
mkdir sysroot && cp -a rootfs/. sysroot
cramfs mkfs rootfs old.cramfs && echo 'version 2' >> rootfs/etc/motd
cramfs mkfs rootfs fw.cramfs --xip mmu --phys 0x10000000
cramfs mkfs fw.cramfs plain.cramfs && cp old.cramfs base.cramfs
cramfs mkfs rootfs new.cramfs --xip mmu --phys 0x10000000 --xip-files '/bin/[!c]*' '/lib/*'
mkdir -p .cache/cramfs-map/kernel-lab/kernels/6.12.1/cramfs
echo 'int old;' > .cache/cramfs-map/kernel-lab/kernels/6.12.1/cramfs/inode.c
cp -r .cache/cramfs-map/kernel-lab/kernels/6.12.1 .cache/cramfs-map/kernel-lab/kernels/6.1.0-1-amd64
printf '%s\\n' '--- a/fs/cramfs/inode.c' '+++ b/fs/cramfs/inode.c' '@@ -1 +1 @@' '-int old;' '+int new;' > the.patch
mkdir build && cp fw.cramfs old.cramfs build
{ head -c 262144 /dev/zero; cat fw.cramfs; } > dump.bin
echo '{"path":"/bin/app","prot":"rx"}' > requests.jsonl
echo '{"type":"vector","path":"/bin/app","length":4096,"offset":0,"prot":"r","flags":"private"}' > ask.jsonl
printf './bin/app,0,4\\n./bin/app,4096,2\\n' > boot.trace
echo 'version: 1' > cramfs-policy.yaml`;

/** The firmware of a board without an MMU. */
const NOMMU = `cramfs extract xtensa.cramfs board && mv board/bin/sensord board/bin/app
rm -r rootfs && cp -r board rootfs && cramfs mkfs board fw.cramfs --xip nommu --phys 0x22000000`;

/** What a page wants otherwise: page → shell commands. @type {Readonly<Record<string, string>>} */
const SETUPS = {
  // It extracts the tree itself.
  'README.md': 'rm -r rootfs',
  'CONTRIBUTING.md': `mkdir .ci && printf '#!/bin/sh\\n' > .ci/run && chmod +x .ci/run
cp fixtures/lab/zero-offset.cramfs fw.cramfs && cp fixtures/lab/zero-offset.jsonl fw@0x10000000@6.1.jsonl`,
  // An empty folder, and what `npm run demo` leaves.
  'docs/tutorial.md': `mkdir demo && mv root.cramfs demo/root-XX.cramfs
find . -mindepth 1 -maxdepth 1 ! -name '.*' ! -name demo ! -name node_modules -exec rm -r {} +`,
  // An image with the transcript of a kernel.
  'docs/kernel-lab.md':
    'cp fixtures/lab/zero-offset.cramfs fw.cramfs && cp fixtures/lab/zero-offset.jsonl transcript.jsonl',
  'docs/nommu.md': NOMMU,
  'docs/howto/no-mmu.md': NOMMU,
};

/**
 * Prepares the folder that the folders of all pages are copies of.
 * @param {string} folder which is empty
 * @param {string} root folder of the project
 * @param {Programs} programs
 */
export function prepareSandbox(folder, root, { commands, library }) {
  const bin = join(folder, '.bin');
  mkdirSync(bin);
  const check = (/** @type {string} */ name) => [resolve(root, `scripts/docs/${name}.mjs`)];
  /** @type {Record<string, string[]>} */
  const scripts = {
    ...Object.fromEntries(Object.entries(commands).map(([name, file]) => [name, [file]])),
    'cramfs-lab': [...check('labCheck'), commands['cramfs-lab'] ?? ''],
    npm: [...check('npmCheck'), resolve(root, 'package.json')],
  };
  for (const [name, script] of Object.entries(scripts)) {
    const words = [process.execPath, ...script].map((word) => `"${word}"`).join(' ');
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  }
  // What fetches, compares or compiles is not what is tested here.
  for (const name of ['git', 'make']) writeFileSync(join(bin, name), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  for (const [name, fixture] of Object.entries(FILES)) {
    const bytes = readFileSync(join(root, 'fixtures', fixture));
    writeFileSync(join(folder, name), fixture.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  }
  symlinkSync(resolve(root, 'fixtures'), join(folder, 'fixtures'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(resolve(library), join(folder, 'node_modules', 'cramfs-map'));
  setUp(COMMON, folder);
}

/**
 * Makes the folder of a page.
 * @param {string} prepared by prepareSandbox()
 * @param {string} folder which does not exist
 * @param {string} page as "docs/ci.md"
 */
export function sandboxFor(prepared, folder, page) {
  cpSync(prepared, folder, { recursive: true, verbatimSymlinks: true });
  setUp(SETUPS[page] ?? '', folder);
}

/**
 * @param {string} setup
 * @param {string} folder
 */
function setUp(setup, folder) {
  if (setup === '') return;
  const [{ status, output } = { status: 0, output: '' }] = runCommands(
    [{ text: `(set -e\n${setup}\n)`, expected: 0, line: 1, isOwn: false }],
    folder,
  );
  if (status !== 0) throw new Error(`the setup ends with ${String(status)}: ${output}`);
}

/**
 * @typedef {object} Programs
 * @property {Readonly<Record<string, string>>} commands name → the script that Node runs
 * @property {string} library folder of the package cramfs-map
 */
