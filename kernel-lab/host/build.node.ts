/**
 * From packages to what a virtual machine boots: the kernel, its MTD modules, cramfs and our module built for it, and the
 * init program. Everything is kept in a cache folder and made once.
 */
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CramfsError } from '../../lib/index.ts';
import { AMD64, type Architecture, modulesOf, OWN_MODULES } from './architectures.ts';
import { compressedKernel } from './kernelImage.ts';
import { type KernelPackages, seriesOf } from './kernelPackages.ts';
import { withLabErrors } from './labErrors.ts';
import { download, findKernel, foreignLists, installPrograms, type PackageOptions } from './packages.node.ts';
import { findProgram, run } from './programs.node.ts';
import { buildSourceKernel } from './sourceKernel.node.ts';

/** What a virtual machine boots: files. */
export interface Lab {
  /** `uname -r`. */
  readonly release: string;
  readonly architecture: Architecture;
  /** The kernel, as QEMU boots it. */
  readonly kernel: string;
  /** Modules to load: file by name. */
  readonly modules: Readonly<Record<string, string>>;
  readonly init: string;
  /** The program that runs the machine. */
  readonly qemu: string;
}

/** How a lab is set up. */
export interface LabOptions extends PackageOptions {
  /** The beginning of a kernel release, as "6.12". Default: the kernel of this Debian. */
  readonly kernelRelease?: string | undefined;
  /** A folder with somebody's own fs/cramfs, to be built in place of the kernel's. */
  readonly cramfsSource?: string | undefined;
  /** Default: {@link defaultCache}. */
  readonly cache?: string | undefined;
  /** Whether images are to be mounted in other ways than from MTD. Default false. */
  readonly mounts?: boolean | undefined;
}

/** $XDG_CACHE_HOME/cramfs-map/kernel-lab. */
export function defaultCache(env: Readonly<Record<string, string | undefined>>): string {
  const { XDG_CACHE_HOME: cache } = env;
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'cramfs-map', 'kernel-lab');
}

/** A kernel's packages, downloaded: files. */
interface Downloads {
  readonly image: string;
  readonly headers: readonly string[];
  readonly source: string;
}

/**
 * Installs the programs that are missing and downloads the packages of the newest kernel that apt offers and that is
 * wanted; from now on that is the one to boot.
 *
 * @throws CramfsError LAB
 */
export function updateLab(options: LabOptions): Promise<KernelPackages> {
  return withLabErrors(async () => {
    await installPrograms(options);
    const apt = await foreignLists(listsOf(options), options, true);
    const packages = await findKernel(options.kernelRelease, options, apt);
    await downloadKernel(packages, options);
    writeWhole(chosenFile(options), JSON.stringify(packages));
    return packages;
  });
}

/**
 * Makes everything ready that a virtual machine needs. What was made before is used again, without a question to apt:
 * updateLab() looks for newer kernels.
 *
 * @throws CramfsError LAB; USAGE for a cache folder that make cannot handle
 */
export function prepareLab(options: LabOptions): Promise<Lab> {
  return withLabErrors(async () => {
    await installPrograms(options);
    const packages = chosenKernel(options) ?? (await updateLab(options));
    const { release } = packages;
    const { architecture = AMD64 } = options;
    const kernel = await unpackKernel(packages, options);
    const built = await buildModules(kernel, release, options);
    const { mountModules } = architecture;
    const mounts = options.mounts === true ? await unpackMounts(packages, kernel, mountModules, options) : null;
    const folderOf = (name: string): string =>
      OWN_MODULES.includes(name) ? built : join(kernel, mountModules.includes(name) ? MOUNTS : 'modules');
    const names = [...modulesOf(architecture), ...(mounts === null ? [] : mountModules)];
    return {
      release,
      architecture,
      kernel: join(kernel, architecture.kernelFile),
      modules: Object.fromEntries(names.map((name) => [name, join(folderOf(name), `${name}.ko`)])),
      init: await buildInit(options),
      qemu: findProgram(architecture.qemu) ?? architecture.qemu,
    };
  });
}

/** Type information for debuggers, which would need pahole. */
const WITHOUT_BTF = ['CONFIG_DEBUG_INFO_BTF_MODULES='];

/** Where it is written down which kernel is the one that is wanted. */
function chosenFile(options: LabOptions): string {
  const { architecture = AMD64, kernelRelease = 'default' } = options;
  const of = architecture === AMD64 ? '' : `${architecture.name}-`;
  return join(cacheOf(options), `kernel-${of}${kernelRelease}.json`);
}

/** Where the lists of another architecture's packages are kept. */
function listsOf(options: LabOptions): string {
  return join(cacheOf(options), `apt-${(options.architecture ?? AMD64).debian}`);
}

function chosenKernel(options: LabOptions): KernelPackages | undefined {
  const file = chosenFile(options);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as KernelPackages) : undefined;
}

async function downloadKernel(packages: KernelPackages, options: LabOptions): Promise<Downloads> {
  const image = packages.image === undefined ? [] : [packages.image];
  const [source = '', ...others] = await download(
    [packages.source, ...image, ...packages.headers],
    join(cacheOf(options), 'packages'),
    options,
    await foreignLists(listsOf(options), options, false),
  );
  return { source, image: others[0] ?? '', headers: others.slice(image.length) };
}

/** Writes a file whole or not at all. */
function writeWhole(file: string, text: string): void {
  const unfinished = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, file);
}

function cacheOf({ cache = defaultCache(process.env) }: LabOptions): string {
  if (!/[\s:#$%]/.test(cache)) return cache;
  throw new CramfsError('USAGE', {
    found: `the cache folder ${JSON.stringify(cache)} has characters that make cannot handle`,
  });
}

/** kernel-lab/ of this package: up from here, wherever this file was built to. */
function sources(): string {
  const here = typeof __dirname === 'string' ? __dirname : fileURLToPath(new URL('.', import.meta.url));
  for (let folder = here; ; folder = dirname(folder)) {
    const found = join(folder, 'kernel-lab');
    if (existsSync(join(found, 'init', 'init.c'))) return found;
    if (folder === dirname(folder)) throw new CramfsError('LAB', { what: 'cannot find its sources, kernel-lab' });
  }
}
declare const __dirname: string | undefined;

/**
 * Makes a folder whole or not at all, unless it is there already.
 *
 * @param fill makes the contents in a folder that it is given
 */
async function makeFolder(folder: string, fill: (unfinished: string) => Promise<void>): Promise<string> {
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${randomBytes(6).toString('hex')}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    await fill(unfinished);
    renameSync(unfinished, folder);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/** Unpacks what is needed of the packages: the kernel, its modules, its headers, and fs/cramfs. */
function unpackKernel(packages: KernelPackages, options: LabOptions): Promise<string> {
  const { release, version } = packages;
  const folder = join(cacheOf(options), 'kernels', `${release}_${version.replaceAll(/[:~]/g, '-')}`);
  return makeFolder(folder, async (unfinished) => {
    const { image, headers, source } = await downloadKernel(packages, options);
    const { architecture = AMD64, say, signal } = options;
    if (architecture.config !== undefined) {
      const series = seriesOf(release);
      await buildSourceKernel(unfinished, { source, series, release, architecture, say, signal });
      return;
    }
    options.say(`unpacking Linux ${release}`);
    await unpackImage(image, unfinished, options);
    for (const file of headers) await run('dpkg-deb', ['-x', file, join(unfinished, 'headers')], options);
    pointToHeaders(join(unfinished, 'headers'), join(folder, 'headers'), release);
    await unpackCramfs(source, seriesOf(release), unfinished, options);
  });
}

/** The kernel's file, and modules/NAME.ko. */
async function unpackImage(image: string, folder: string, { signal, architecture = AMD64 }: LabOptions): Promise<void> {
  const what = 'cannot unpack the kernel';
  const files = join(folder, 'image');
  mkdirSync(files);
  mkdirSync(join(folder, 'modules'));
  const command =
    'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --wildcards "./boot/vmlinuz-*" "*/kernel/drivers/mtd/*"';
  await run('sh', ['-c', command, 'sh', image, files], { signal, what });

  const [name = ''] = readdirSync(join(files, 'boot'));
  const kernel = readFileSync(join(files, 'boot', name));
  if (architecture.kernelFile === 'vmlinuz') {
    writeFileSync(join(folder, 'vmlinuz'), kernel);
  } else {
    const { program, bytes } = compressedKernel(kernel);
    writeFileSync(join(folder, 'vmlinux'), await run(program, ['-dc'], { input: bytes, signal, what }));
  }

  await unpackModules(files, architecture.modules, join(folder, 'modules'), signal);
  rmSync(files, { recursive: true });
}

/** The modules for other ways to mount, in a folder of the kernel's. */
async function unpackMounts(
  packages: KernelPackages,
  kernel: string,
  names: readonly string[],
  options: LabOptions,
): Promise<string> {
  const what = 'cannot unpack modules';
  if (names.length === 0) {
    throw new CramfsError('USAGE', { found: 'on this architecture the lab mounts images only from MTD' });
  }
  return makeFolder(join(kernel, MOUNTS), async (unfinished) => {
    const { image } = await downloadKernel(packages, options);
    const files = join(unfinished, 'image');
    mkdirSync(files);
    const command = 'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --wildcards "*/brd.ko*" "*/overlay.ko*"';
    await run('sh', ['-c', command, 'sh', image, files], { signal: options.signal, what });
    await unpackModules(files, names, unfinished, options.signal);
    rmSync(files, { recursive: true });
  });
}

/** Where the modules for other ways to mount are. */
const MOUNTS = 'mounts';

/** Finds modules below a folder, and puts them unpacked into another. */
async function unpackModules(
  files: string,
  names: readonly string[],
  folder: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const what = 'cannot unpack the kernel';
  const all = readdirSync(files, { recursive: true, encoding: 'utf8' });
  for (const name of names) {
    const file = all.find((path) => new RegExp(`/${name}[.]ko([.]xz|[.]zst)?$`).test(path));
    if (file === undefined) throw new CramfsError('LAB', { what, found: `it has no module ${name}` });
    const packed = readFileSync(join(files, file));
    const module = file.endsWith('.ko')
      ? packed
      : await run(file.endsWith('.xz') ? 'xz' : 'zstd', ['-dc'], { input: packed, signal, what });
    writeFileSync(join(folder, `${name}.ko`), module);
  }
}

/** The makefile of the headers names the common headers by where the package installs them. */
function pointToHeaders(headers: string, finalPlace: string, release: string): void {
  const makefile = join(headers, 'usr', 'src', `linux-headers-${release}`, 'Makefile');
  const text = readFileSync(makefile, 'utf8');
  writeFileSync(makefile, text.replaceAll(/(^|[\s=])\/usr\/src\//g, `$1${finalPlace}/usr/src/`));
}

/** cramfs/: inode.c, uncompress.c and internal.h as they are in the package. */
async function unpackCramfs(source: string, series: string, folder: string, { signal }: LabOptions): Promise<void> {
  const cramfs = join(folder, 'cramfs');
  mkdirSync(cramfs);
  const members = ['inode.c', 'uncompress.c', 'internal.h'].map((name) => `linux-source-${series}/fs/cramfs/${name}`);
  // The last tar ends as soon as it has the files, and the programs before it are then cut off.
  const command =
    'dpkg-deb --fsys-tarfile "$1" 2>/dev/null | tar -xO "./usr/src/linux-source-$2.tar.xz" 2>/dev/null | ' +
    'xz -dc 2>/dev/null | tar -x -C "$3" --strip-components=3 --occurrence=1 "$4" "$5" "$6"';
  const what = `cannot find fs/cramfs in ${source}`;
  await run('sh', ['-c', command, 'sh', source, series, cramfs, ...members], { signal, what });
}

/** cramfs.ko and cramfs_lab.ko for a kernel. */
function buildModules(kernel: string, release: string, options: LabOptions): Promise<string> {
  const own = join(sources(), 'module');
  const cramfs = options.cramfsSource ?? join(kernel, 'cramfs');
  const sourceFiles = cramfsFiles(cramfs);
  const theirs = options.cramfsSource === undefined ? '' : `-${digestOf(cramfs, sourceFiles)}`;
  return makeFolder(join(kernel, `built-${digest(own)}${theirs}`), async (unfinished) => {
    options.say(`building the modules for Linux ${release}`);
    const work = join(unfinished, 'work');
    cpSync(own, work, { recursive: true });
    for (const name of sourceFiles) cpSync(join(cramfs, name), join(work, name));
    // The compiler that Debian built the kernel with, where it is there.
    const variables = join(kernel, 'headers', headersOf(release), '.kernelvariables');
    const compiler = existsSync(variables) ? /gcc-[0-9]+/.exec(readFileSync(variables, 'utf8')) : null;
    const { toolPrefix, kernelArch } = options.architecture ?? AMD64;
    const named = compiler === null ? undefined : `${toolPrefix}${compiler[0]}`;
    const CC = named !== undefined && findProgram(named) !== undefined ? named : `${toolPrefix}gcc`;
    const args = [
      '-C',
      join(kernel, 'headers', headersOf(release)),
      `M=${work}`,
      `CC=${CC}`,
      ...(toolPrefix === '' ? [] : [`CROSS_COMPILE=${toolPrefix}`]),
      ...(kernelArch === undefined ? [] : [`ARCH=${kernelArch}`]),
      ...WITHOUT_BTF,
      'modules',
    ];
    await run('make', args, { signal: options.signal, what: 'cannot build the modules' });
    for (const name of ['cramfs.ko', 'cramfs_lab.ko']) renameSync(join(work, name), join(unfinished, name));
    rmSync(work, { recursive: true });
  });
}

const headersOf = (release: string): string => join('usr', 'src', `linux-headers-${release}`);

const INIT_ARGUMENTS = '-static -no-pie -Os -std=gnu17 -Wall -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64'.split(' ');

/** The init program, statically linked. */
async function buildInit(options: LabOptions): Promise<string> {
  const own = sources();
  const { toolPrefix } = options.architecture ?? AMD64;
  const folder = join(cacheOf(options), `init-${toolPrefix}${digest(join(own, 'init'), join(own, 'module'))}`);
  await makeFolder(folder, async (unfinished) => {
    const files = readdirSync(join(own, 'init')).filter((name) => name.endsWith('.c'));
    const args = [...INIT_ARGUMENTS, '-o', join(unfinished, 'init')];
    await run(`${toolPrefix}gcc`, [...args, ...files.sort()], {
      cwd: join(own, 'init'),
      signal: options.signal,
      what: 'cannot build the init program',
    });
  });
  return join(folder, 'init');
}

/**
 * The C files of a folder with fs/cramfs.
 *
 * @throws CramfsError USAGE when it has no inode.c or no uncompress.c
 */
function cramfsFiles(folder: string): string[] {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^[a-z0-9_]+[.][ch]$/.test(name)) : [];
  const absent = ['inode.c', 'uncompress.c'].find((name) => !names.includes(name));
  if (absent === undefined) return names.sort();
  throw new CramfsError('USAGE', {
    found: `--cramfs-source: ${folder} has no ${absent}; name a folder like fs/cramfs`,
  });
}

/** Tells whether files have changed. */
function digest(...folders: readonly string[]): string {
  const hash = createHash('sha256');
  for (const folder of folders) {
    updateHash(hash, folder, readdirSync(folder).sort());
  }
  return hash.digest('hex').slice(0, 16);
}

function digestOf(folder: string, names: readonly string[]): string {
  const hash = createHash('sha256');
  updateHash(hash, folder, names);
  return hash.digest('hex').slice(0, 16);
}

function updateHash(hash: Hash, folder: string, names: readonly string[]): void {
  for (const name of names) hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
}
