/** The single file: every command in one, chosen by the name that it is called by; and the worker threads of them all. */
import { basename } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { nodeIo } from '../lib/cli/nodeIo.ts';
import type { Io } from '../lib/cli/io.ts';
import type { WorkerName } from '../lib/workers/script.ts';

type Run = (argv: readonly string[], io: Io) => Promise<number>;

const WORKERS: Readonly<Record<WorkerName, () => Promise<unknown>>> = {
  auditWorker: () => import('../lib/workers/auditWorker.ts'),
  checkWorker: () => import('../lib/workers/checkWorker.ts'),
  imageWorker: () => import('../lib/workers/imageWorker.ts'),
  deflateWorker: () => import('../lib/workers/deflateWorker.ts'),
};

/** The program of a name; `cramfs` is that of all others. */
async function programOf(name: string): Promise<Run> {
  switch (name) {
    case 'cramfs-map':
      return (await import('../lib/cli/run.ts')).runCramfsMap;
    case 'mkcramfs':
      return (await import('../lib/cli/compat/mkcramfs.ts')).runMkcramfs;
    case 'mkfs.cramfs':
      return (await import('../lib/cli/compat/mkfsCramfs.ts')).runMkfsCramfs;
    case 'fsck.cramfs':
      return (await import('../lib/cli/compat/fsckCramfs.ts')).runFsckCramfs;
    case 'cramfsck':
      return (await import('../lib/cli/compat/cramfsck.ts')).runCramfsck;
    default:
      return (await import('../lib/cli/cramfs.ts')).runCramfs;
  }
}

async function main(): Promise<void> {
  const worker = isMainThread ? undefined : WORKERS[process.argv[2] as WorkerName];
  if (worker !== undefined) {
    await worker();
    return;
  }
  const run = await programOf(basename(process.argv[1] ?? '').replace(/[.](?:c?js|exe)$/, ''));
  process.exitCode = await run(process.argv.slice(2), nodeIo());
}

void main();
