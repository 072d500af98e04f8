/** Where the programs of worker threads are. The single file holds them itself: see script.single.ts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The kinds of worker threads: the modules of this folder that are their programs. */
export const WORKERS = ['auditWorker', 'checkWorker', 'imageWorker', 'deflateWorker'] as const;
export type WorkerName = (typeof WORKERS)[number];

/** A worker's program: its file, or a program that holds several and learns from its arguments which one to be. */
export type WorkerScript =
  | string
  | {
      /** The file, or its text. */
      readonly program: string;
      readonly isText: boolean;
      readonly argv: readonly string[];
    };

/** The bundle's folder; ES modules have no such variable. */
declare const __dirname: string | undefined;

/** The program of a kind of worker: beside this module, as built, or in the bundle of the commands. Null in the sources. */
export function workerScript(name: WorkerName): WorkerScript | null {
  const folder = typeof __dirname === 'string' ? __dirname : fileURLToPath(new URL('.', import.meta.url));
  return [`${name}.cjs`, `${name}.js`].map((file) => join(folder, file)).find((file) => existsSync(file)) ?? null;
}
