/**
 * Who compresses: this thread for little, worker threads for much.
 */
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { type DeflateMethod, newDeflate } from '../../mkfs/deflate.node.ts';
import type { Deflate } from '../../mkfs/deflate.ts';
import { type BlockCompressor, directCompressor } from '../../mkfs/encodeFile.ts';
import { type DirectoryEntry, walkEntries } from '../../mkfs/sourceTree.ts';
import { DeflatePool } from '../../workers/deflatePool.ts';
import { workerScript } from '../../workers/script.ts';

/** Content below this is compressed before a thread has started, in bytes. */
const LEAST_BYTES = 1 << 20;
/** This thread reads, finds duplicates and writes; more helpers than these it cannot keep busy. */
const MAX_THREADS = 8;

/** Runs `use` with a compressor for a tree, and ends its threads afterwards, even if `use` fails. */
export async function withCompressor<Result>(
  root: DirectoryEntry,
  method: DeflateMethod,
  use: (compressor: BlockCompressor) => Promise<Result>,
): Promise<Result> {
  const script = workerScript('deflateWorker');
  const threads = Math.min(availableParallelism(), MAX_THREADS);
  if (script === null || threads < 2 || contentBytes(root) < LEAST_BYTES) {
    return use(patientCompressor(newDeflate(method)));
  }
  const pool = new DeflatePool(method, threads, script);
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}

/** Bytes that this thread compresses between two looks at signals. */
const STEP = 1 << 20;

/** Compresses in this thread, which lets signals be handled now and then. */
function patientCompressor(deflate: Deflate): BlockCompressor {
  const compressor = directCompressor(deflate);
  let bytes = 0;
  return {
    async compress(pieces) {
      const streams = compressor.compress(pieces);
      for (const piece of pieces) bytes += piece.length;
      if (bytes >= STEP) {
        bytes = 0;
        await setImmediate();
      }
      return streams;
    },
  };
}

function contentBytes(root: DirectoryEntry): number {
  let total = 0;
  for (const { entry } of walkEntries(root)) if (entry.type === 'file') total += entry.content.size;
  return total;
}
