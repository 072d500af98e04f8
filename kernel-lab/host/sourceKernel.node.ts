/**
 * A kernel built from Debian's source, for an architecture that Debian has no kernel packages of.
 *
 * What stays of it looks like an unpacked package: the kernel's file, the headers that modules are built against, and
 * fs/cramfs.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { CramfsError } from '../../lib/index.ts';
import type { Architecture } from './architectures.ts';
import { unmetLines } from './kernelConfig.ts';
import { run } from './programs.node.ts';

/** What is built. */
export interface SourceKernel {
  /** The package linux-source-…: a file. */
  readonly source: string;
  /** "6.1" */
  readonly series: string;
  /** `uname -r`. */
  readonly release: string;
  readonly architecture: Architecture;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Parts of the source that no such kernel needs: most of what there is to unpack. */
const LEFT_OUT = ['*/Documentation/*/*', '*/drivers/gpu/drm/amd/include', '*/tools/testing', '*/arch/*/boot/dts'];

/** What modules are built against. */
const HEADERS = ['Makefile', 'Kbuild', '.config', 'Module.symvers', 'include', 'scripts'];

/**
 * Unpacks the source, builds it, and keeps what the lab needs.
 *
 * @param folder where `arch.kernelFile`, headers/ and cramfs/ are put
 * @throws CramfsError LAB
 */
export async function buildSourceKernel(folder: string, kernel: SourceKernel): Promise<void> {
  const { source, series, release, architecture, say, signal } = kernel;
  const { config = [], kernelArch = '', kernelFile } = architecture;
  const tree = join(folder, 'source');
  mkdirSync(tree);
  say(`unpacking the source of Linux ${release}`);
  const exclude = LEFT_OUT.map((pattern) => `--exclude=${pattern}`);
  const unpack =
    'file=$1 series=$2 tree=$3; shift 3; dpkg-deb --fsys-tarfile "$file" | ' +
    'tar -xO "./usr/src/linux-source-$series.tar.xz" | xz -dc | tar -x -C "$tree" --strip-components=1 "$@"';
  await run('sh', ['-c', unpack, 'sh', source, series, tree, ...exclude], {
    signal,
    what: `cannot unpack ${source}`,
  });

  const lines = join(folder, 'lines.config');
  writeFileSync(lines, config.map((line) => `${line}\n`).join(''));
  const make = [`ARCH=${kernelArch}`, `CROSS_COMPILE=${architecture.toolPrefix}`];
  const build = async (...targets: readonly string[]): Promise<void> => {
    await run('make', [...make, ...targets], { cwd: tree, signal, what: 'cannot build the kernel' });
  };
  await build(`KCONFIG_ALLCONFIG=${lines}`, 'allnoconfig');
  const unmet = unmetLines(config, readFileSync(join(tree, '.config'), 'utf8'));
  if (unmet.length > 0) {
    throw new CramfsError('LAB', { what: 'cannot configure the kernel', found: `no ${unmet.join(' ')}` });
  }
  say(`building Linux ${release} for ${architecture.name}: 6 minutes of processor time, once`);
  await build(`-j${String(availableParallelism())}`, 'Image', 'modules');
  keep(tree, folder, { release, kernelArch, kernelFile });
  rmSync(tree, { recursive: true });
  rmSync(lines);
}

/** Moves what is needed out of a tree that was built. */
function keep(
  tree: string,
  folder: string,
  {
    release,
    kernelArch,
    kernelFile,
  }: { readonly release: string; readonly kernelArch: string; readonly kernelFile: string },
): void {
  const built = readFileSync(join(tree, 'include', 'config', 'kernel.release'), 'utf8').trim();
  if (built !== release) {
    throw new CramfsError('LAB', {
      what: 'cannot build the kernel',
      found: `it calls itself ${built}, not ${release}`,
    });
  }
  renameSync(join(tree, 'arch', kernelArch, 'boot', 'Image'), join(folder, kernelFile));
  const headers = join(folder, 'headers', 'usr', 'src', `linux-headers-${release}`);
  mkdirSync(join(headers, 'arch', kernelArch), { recursive: true });
  for (const name of HEADERS) renameSync(join(tree, name), join(headers, name));
  for (const name of readdirSync(join(tree, 'arch', kernelArch))) {
    if (name === 'include' || /^Makefile|[.]lds$/.test(name)) {
      renameSync(join(tree, 'arch', kernelArch, name), join(headers, 'arch', kernelArch, name));
    }
  }
  const cramfs = join(folder, 'cramfs');
  mkdirSync(cramfs);
  for (const name of ['inode.c', 'uncompress.c', 'internal.h']) {
    cpSync(join(tree, 'fs', 'cramfs', name), join(cramfs, name));
  }
  mkdirSync(join(folder, 'modules'));
}
