/** As script.ts, within the single file: each thread runs that file, and its first argument says which worker it is. */
import type { WorkerName, WorkerScript } from './script.ts';

declare const __filename: string;

/** The single file itself, or its text where it is part of an executable. */
export function workerScript(name: WorkerName): WorkerScript {
  const text = ownText();
  return { program: text ?? __filename, isText: text !== null, argv: [name] };
}

/** The part of node:sea that is used. */
interface NodeSea {
  isSea(): boolean;
  getAsset(name: string, encoding: 'utf8'): string;
}
/** Node before 20.16 has no such function, and before 20.12 no such module. */
interface WithBuiltins {
  readonly getBuiltinModule?: (name: string) => unknown;
}

/** The text of this program in an executable; null where it is a file. */
function ownText(): string | null {
  const sea = (process as WithBuiltins).getBuiltinModule?.('node:sea') as NodeSea | undefined;
  return sea?.isSea() === true ? sea.getAsset('cramfs.cjs', 'utf8') : null;
}
