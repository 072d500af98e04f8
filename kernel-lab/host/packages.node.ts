/**
 * Getting Debian's packages: programs are installed, a kernel and what belongs to it is only downloaded.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CramfsError } from '../../lib/index.ts';
import {
  type DebianPackage,
  dependenciesMatching,
  type KernelPackages,
  newestRelease,
  parseStanzas,
  seriesOf,
  type Stanza,
} from './kernelPackages.ts';
import { AMD64, type Architecture } from './architectures.ts';
import { findProgram, run } from './programs.node.ts';

/** How packages are got. */
export interface PackageOptions {
  /** Told what is being done, one line at a time. */
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Which kernels. Default: amd64. */
  readonly architecture?: Architecture | undefined;
}

const LIBRARIES = '/usr/lib/x86_64-linux-gnu';

/** What must be installed, and the package that it comes with. */
const NEEDED: readonly { readonly isThere: () => boolean; readonly name: string }[] = [
  { name: 'gcc', isThere: () => findProgram('gcc') !== undefined },
  { name: 'make', isThere: () => findProgram('make') !== undefined },
  { name: 'xz-utils', isThere: () => findProgram('xz') !== undefined },
  { name: 'zstd', isThere: () => findProgram('zstd') !== undefined },
  { name: 'libc6-dev', isThere: () => existsSync(join(LIBRARIES, 'libc.a')) },
  // Of the kernel's build programs.
  { name: 'libelf1', isThere: () => existsSync(join(LIBRARIES, 'libelf.so.1')) },
];

/**
 * Installs the programs that are missing.
 *
 * @throws CramfsError LAB
 */
export async function installPrograms({ say, signal, architecture = AMD64 }: PackageOptions): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new CramfsError('LAB', { what: 'cannot be set up', found: 'it needs Linux on x86-64' });
  }
  for (const program of ['apt-get', 'apt-cache', 'dpkg-deb']) {
    if (findProgram(program) !== undefined) continue;
    throw new CramfsError('LAB', { what: 'cannot be set up', found: `it needs Debian: ${program} not found` });
  }
  const brought = (brings: string): boolean =>
    brings.startsWith('/') ? existsSync(brings) : findProgram(brings) !== undefined;
  const missing = [
    ...architecture.packages.filter(({ brings }) => !brought(brings)),
    ...NEEDED.filter(({ isThere }) => !isThere()),
  ].map(({ name }) => name);
  if (missing.length === 0) return;
  const install = ['install', '--yes', '--no-install-recommends', ...missing];
  const asRoot = await administrator();
  if (asRoot === undefined) {
    const command = `sudo apt-get ${install.filter((word) => word !== '--yes').join(' ')}`;
    throw new CramfsError('LAB', { what: 'cannot be set up', found: `packages are missing; run "${command}"` });
  }
  say(`installing ${missing.join(', ')}`);
  const [program = '', ...args] = asRoot;
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const what = 'cannot install packages';
  try {
    await run(program, [...args, 'apt-get', ...install], { env, signal, what });
  } catch (error) {
    if (!(error instanceof CramfsError)) throw error;
    // The lists of packages may be old or missing.
    await run(program, [...args, 'apt-get', 'update'], { signal, what });
    await run(program, [...args, 'apt-get', ...install], { env, signal, what });
  }
}

/** What a command is begun with so that root runs it; undefined where that needs a password. */
async function administrator(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return ['env'];
  if (findProgram('sudo') === undefined) return undefined;
  try {
    await run('sudo', ['-n', 'true']);
    return ['sudo', '-n'];
  } catch {
    return undefined;
  }
}

/**
 * The packages of the newest kernel whose release begins as wanted.
 *
 * @param wanted undefined for the kernel of this Debian
 * @throws CramfsError LAB when apt offers no such kernel, or not all of its packages
 */
export async function findKernel(
  wanted: string | undefined,
  options: PackageOptions,
  apt: readonly string[] = [],
): Promise<KernelPackages> {
  const asked = { ...options, apt };
  const { architecture = AMD64 } = options;
  if (architecture.config !== undefined) return findSource(wanted, architecture, asked);
  const [colon, foreign] =
    architecture === AMD64 ? ['', {}] : [`:${architecture.debian}`, { architecture: architecture.debian }];
  const release = await findRelease(wanted, asked);
  const image = await show(`linux-image-${release}${colon}`, asked);
  const version = image.Version ?? '';
  const flavour = await show(`linux-headers-${release}${colon}=${version}`, asked);
  const parts = [
    ...dependenciesMatching(flavour, /^linux-headers-.*-common$/),
    ...dependenciesMatching(flavour, /^linux-kbuild-/),
  ];
  const headers = await Promise.all(
    parts.map(async (name): Promise<DebianPackage> => ({ name, version: (await show(name, asked)).Version ?? '' })),
  );
  const source = await show(`linux-source-${seriesOf(release)}=${version}`, asked);
  return {
    release,
    version,
    image: { name: `linux-image-${release}`, version, ...foreign },
    headers: [{ name: `linux-headers-${release}`, version, ...foreign }, ...headers],
    source: { name: source.Package ?? '', version },
  };
}

/** The newest source package, for an architecture whose kernel is built here: of the wanted series, or Debian's own. */
async function findSource(
  wanted: string | undefined,
  { flavour }: Architecture,
  asked: Asked,
): Promise<KernelPackages> {
  const own = dependenciesMatching(await show('linux-source', asked), /^linux-source-[0-9]/)[0] ?? '';
  const series = wanted === undefined ? seriesOf(own.replace('linux-source-', '')) : seriesOf(wanted);
  const { Package: name = '', Version: version = '' } = await show(`linux-source-${series}`, asked);
  // "6.1.192" of "6.1.192-2", "6.12.117" of "6.12.117-1~deb12u1"
  const upstream = /^[0-9]+[.][0-9]+[.][0-9]+/.exec(version)?.[0] ?? series;
  return { release: `${upstream}-${flavour}`, version, headers: [], source: { name, version } };
}

/** How apt is asked. */
interface Asked extends PackageOptions {
  /** Options of apt that make it look at the lists of another architecture. */
  readonly apt: readonly string[];
}

/**
 * The lists of another architecture's packages, kept beside the lab's: this system's own stay as they are.
 *
 * @param folder where they are kept
 * @returns options of apt that make it use them
 * @throws CramfsError LAB
 */
export async function foreignLists(folder: string, options: PackageOptions, renew: boolean): Promise<string[]> {
  const { architecture = AMD64, say, signal } = options;
  if (architecture === AMD64 || architecture.config !== undefined) return [];
  const lists = join(folder, 'lists');
  const archives = join(folder, 'cache');
  const isNew = !existsSync(lists);
  mkdirSync(join(lists, 'partial'), { recursive: true });
  mkdirSync(join(archives, 'archives', 'partial'), { recursive: true });
  const settings = [
    `APT::Architectures::=${AMD64.debian}`,
    `APT::Architectures::=${architecture.debian}`,
    `Dir::State::lists=${lists}`,
    `Dir::Cache=${archives}`,
    'APT::Sandbox::User=root',
  ].flatMap((setting) => ['-o', setting]);
  if (isNew || renew) {
    say(`asking for the lists of ${architecture.debian}`);
    // A source that has nothing of this architecture does not hinder the others.
    await run('sh', ['-c', 'apt-get "$@" update || true', 'sh', ...settings], { signal });
  }
  return settings;
}

async function findRelease(wanted: string | undefined, options: Asked): Promise<string> {
  const { architecture = AMD64, apt } = options;
  const { flavour } = architecture;
  const whole = `linux-image-${flavour}`;
  const look = async (): Promise<string | undefined> => {
    const names = (await run('apt-cache', [...apt, 'pkgnames', 'linux-image-'], options)).toString('utf8').split('\n');
    if (wanted !== undefined) return newestRelease(names, wanted, flavour);
    if (!names.includes(whole)) return undefined;
    const colon = architecture === AMD64 ? '' : `:${architecture.debian}`;
    const [name = ''] = dependenciesMatching(await show(`${whole}${colon}`, options), /^linux-image-/);
    return name.replace(/^linux-image-/, '');
  };
  let release = await look();
  if (release === undefined && apt.length === 0) {
    const asRoot = await administrator();
    const [program = '', ...args] = asRoot ?? [];
    if (asRoot !== undefined) await run(program, [...args, 'apt-get', 'update'], options);
    release = await look();
  }
  if (release !== undefined) return release;
  throw new CramfsError('LAB', {
    what: 'has no kernel',
    found: `apt offers no linux-image-${wanted ?? ''}${wanted === undefined ? '' : '…-'}${flavour} ("apt-get update" may help)`,
  });
}

async function show(name: string, { signal, apt }: Asked): Promise<Stanza> {
  const what = `has not all packages of the kernel: ${name} is missing`;
  const [stanza] = parseStanzas((await run('apt-cache', [...apt, 'show', name], { signal, what })).toString('utf8'));
  if (stanza === undefined) throw new CramfsError('LAB', { what });
  return stanza;
}

/**
 * Downloads packages that are not in the folder yet.
 *
 * @returns their files, in the same order
 * @throws CramfsError LAB
 */
export async function download(
  packages: readonly DebianPackage[],
  folder: string,
  { say, signal }: PackageOptions,
  apt: readonly string[] = [],
): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const files: string[] = [];
  for (const { name, version, architecture } of packages) {
    const file = (): string | undefined =>
      // A colon, which stands behind an epoch, is escaped in names of files.
      readdirSync(folder).find((entry) => entry.startsWith(`${name}_${version.replaceAll(':', '%3a')}_`));
    if (file() === undefined) {
      say(`downloading ${name} ${version}`);
      const unfinished = join(folder, `.${name}.${String(process.pid)}`);
      mkdirSync(unfinished, { recursive: true });
      try {
        // The user "_apt" could not write into a folder of root's.
        const from = architecture === undefined ? name : `${name}:${architecture}`;
        const args = ['-o', 'APT::Sandbox::User=root', ...apt, 'download', `${from}=${version}`];
        await run('apt-get', args, { cwd: unfinished, signal, what: `cannot download ${name}` });
        for (const entry of readdirSync(unfinished)) renameSync(join(unfinished, entry), join(folder, entry));
      } finally {
        rmSync(unfinished, { recursive: true, force: true });
      }
    }
    const found = file();
    if (found === undefined)
      throw new CramfsError('LAB', { what: `cannot find ${name} ${version} after its download` });
    files.push(join(folder, found));
  }
  return files;
}
