/** What tests of the commands share: a folder with images, streams that remember, and the bundled program. */
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Io, TextSink } from '../../lib/cli/io.ts';
import { fixture } from './fixtures.ts';

/** A temporary folder that is gone after `remove`. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'cramfs-map-test-'));

  /** Writes a file; its full name. */
  file(name: string, content: Uint8Array | string): string {
    const path = join(this.path, name);
    writeFileSync(path, content);
    return path;
  }

  /** Unpacks a fixture; its full name. */
  fixture(name: string): string {
    return this.file(name.replaceAll('/', '-').replace(/[.]gz$/, ''), fixture(name));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** What a run of a command came to. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The world around a command. */
export interface World {
  /** A file to read as standard input. */
  readonly stdin?: string;
  readonly env?: Record<string, string>;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Streams that remember what was written, and standard input. */
class OpenWorld {
  readonly written = { stdout: '', stderr: '' };
  readonly io: Io;

  constructor(world: World) {
    const sink = (name: 'stdout' | 'stderr'): TextSink => ({
      isTTY: world.isTTY ?? false,
      columns: world.columns,
      write: (text) => {
        this.written[name] += text;
      },
      writeEncoded: (text) => {
        this.written[name] += Buffer.from(text).toString();
      },
      writeBytes: (bytes) => {
        this.written[name] += Buffer.from(bytes).toString('latin1');
      },
    });
    const stdin = world.stdin === undefined ? -1 : openSync(world.stdin, 'r');
    this.io = { stdout: sink('stdout'), stderr: sink('stderr'), stdin, env: world.env ?? {} };
  }

  close(): void {
    if (this.io.stdin !== -1) closeSync(this.io.stdin);
  }
}

/** A world in which what is written is lost. */
export function silentIo(): Io {
  return new OpenWorld({}).io;
}

/** Runs a program in this process, with streams that remember what was written. */
export async function runProgram(
  program: (argv: readonly string[], io: Io) => Promise<number>,
  argv: readonly string[],
  world: World = {},
): Promise<Run> {
  const open = new OpenWorld(world);
  try {
    const code = await program(argv, open.io);
    return { code, ...open.written };
  } finally {
    open.close();
  }
}

/** Bundles a program of bin/ for Node; the bundle's full name. */
export async function bundleProgram(name: string, folder: Pick<Folder, 'path'>): Promise<string> {
  const outfile = join(folder.path, `${name}.cjs`);
  await build({
    entryPoints: [fileURLToPath(new URL(`../../bin/${name}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'error',
  });
  return outfile;
}
