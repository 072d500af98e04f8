/** Runs commands in this process, and expects of each what must hold for all. */
import { Ajv, type ValidateFunction } from 'ajv';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCramfs } from '../../lib/cli/cramfs.ts';
import type { Io, TextSink } from '../../lib/cli/io.ts';
import { inputBytes, openInputs, setInput, writeInputs } from './inputFiles.ts';

/** Characters that a command may print; more is an error. */
const MAX_OUTPUT = 64 << 20;
/** Milliseconds that a command may take on such inputs. */
const TIME_LIMIT = 10_000;
/** Milliseconds after which the CPU time before a command is taken anew: what it takes is known to this. */
const CPU_INTERVAL = 500;

/** What no terminal is to be sent. */
const CONTROL = /[^\P{Cc}\t\n]/u;
/** The schemas of --json, where they are not named as the command. */
const SCHEMAS: Readonly<Record<string, string>> = { map: 'map-verdict', tree: 'ls', mkfs: 'xip-plan' };
/** Commands whose schema has no errors; and those whose JSON is one document on several lines. */
const WITHOUT_ERRORS = new Set(['audit', 'profile', 'stage', 'mkfs']);
const WHOLE = new Set(['ls', 'tree', 'manifest']);
const MAX_MESSAGE = 300;

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function expect(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}

/**
 * The lines of a message without what is of this input only: numbers, bytes, names. Lines are looked at one by one, since
 * a new combination of known errors is not a new answer.
 */
export function kindsOfLines(message: string): string[] {
  const lines = message.split('\n').filter((line) => line !== '');
  return lines.map((line) =>
    line
      .replace(/\\x[0-9a-f]{2}/g, '_')
      .replace(/0x[0-9a-f]+|\b[0-9a-f]{2}(?: [0-9a-f]{2})+\b|[0-9]+/g, 'N')
      .replace(/["'/][^ ]*/g, '_'),
  );
}

export class Sandbox {
  /** Commands that ran. */
  commands = 0;
  /** What the commands of the present case did, in short: what is new among it is worth keeping. */
  features = new Set<string>();
  readonly #schemas = new Map<string, ValidateFunction>();
  readonly #folder: string;
  readonly #schemaFolder: string;
  readonly #inMemory: boolean;
  /** CPU time of the process, and when it was that: asking takes a system call, as long as a part of a command. */
  #cpu = process.cpuUsage();
  #cpuTakenAt = performance.now();
  /** What kept the process from ending before the command. */
  #active = process.getActiveResourcesInfo().length;

  /** @param inMemory whether `lib` uses inputFiles.ts instead of node:fs */
  constructor(folder: string, schemaFolder: string, { inMemory = false } = {}) {
    this.#folder = folder;
    this.#inMemory = inMemory;
    this.#schemaFolder = schemaFolder;
  }

  /** A path of this thread's own. */
  path(name: string): string {
    return join(this.#folder, name);
  }

  #inputPath(index: number): string {
    return this.path(`in${String(index)}`);
  }

  /** Sets the bytes of an input. Returns its path. */
  input(index: number, bytes: Uint8Array): string {
    const path = this.#inputPath(index);
    setInput(path, bytes);
    if (!this.#inMemory) writeInputs();
    return path;
  }

  /** The bytes of an input; null where there is none. */
  bytesOf(index: number): Uint8Array | null {
    return inputBytes(this.#inputPath(index));
  }

  /** Runs a command, and expects an exit code that is documented, in time, with plain text or valid JSON. */
  async run(...argv: string[]): Promise<Ran> {
    const written = { stdout: '', stderr: '' };
    const add = (name: 'stdout' | 'stderr', text: string): void => {
      written[name] += text;
      if (written[name].length > MAX_OUTPUT) throw new Error(`more than ${String(MAX_OUTPUT)} characters of output`);
    };
    const sink = (name: 'stdout' | 'stderr'): TextSink => ({
      isTTY: false,
      columns: undefined,
      write: (text) => {
        add(name, text);
      },
      writeEncoded: (text) => {
        add(name, Buffer.from(text).toString());
      },
      writeBytes: () => undefined,
    });
    const io: Io = { stdout: sink('stdout'), stderr: sink('stderr'), stdin: -1, env: {} };
    const [name = ''] = argv;
    this.commands++;
    const began = performance.now();
    if (began - this.#cpuTakenAt > CPU_INTERVAL) this.#takeCpu(began);
    const code = await runCramfs(argv, io);
    const elapsed = performance.now() - began;
    const took = elapsed < TIME_LIMIT ? elapsed : Math.min(elapsed, this.#cpuSince());
    const { stdout, stderr } = written;
    const holds = (isSo: boolean, what: string): void => {
      if (!isSo) throw new Error(`"${argv.join(' ').replaceAll(this.#folder, '')}" ${what}`);
    };
    if (code < 0 || code > 3) holds(false, `ends with ${String(code)}: ${stderr.slice(0, MAX_MESSAGE)}`);
    const before = this.#active;
    this.#active = process.getActiveResourcesInfo().length;
    holds(this.#active <= before, 'leaves open what keeps a process from ending');
    holds(openInputs() === 0, 'leaves a file open');
    holds(took < TIME_LIMIT, `takes more than ${String(TIME_LIMIT)} ms`);
    holds(code !== 2 || stderr !== '', 'ends with 2 and says nothing');
    holds(!CONTROL.test(stderr) && (name === 'cat' || !CONTROL.test(stdout)), 'prints control characters');
    holds(!/^::/m.test(stderr), 'prints a workflow command on standard error');
    if (argv.includes('--json')) {
      const problem = this.#problemOf(name, stdout);
      if (problem !== null) holds(false, `is not valid by its schema: ${problem}`);
    }
    this.#note(name, code, stdout, stderr);
    return { code, stdout, stderr };
  }

  #takeCpu(now: number): void {
    this.#cpu = process.cpuUsage();
    this.#cpuTakenAt = now;
  }

  /** Milliseconds of CPU time: on a busy machine only they count, those of the other threads included. */
  #cpuSince(): number {
    const { user, system } = process.cpuUsage(this.#cpu);
    return (user + system) / 1000;
  }

  /** What is wrong with a command's JSON; null where it is valid. */
  #problemOf(name: string, stdout: string): string | null {
    const documents = WHOLE.has(name) ? [stdout] : stdout.split('\n').filter((line) => line !== '');
    for (const document of name === 'audit' || name === 'profile'
      ? [stdout].filter((each) => each !== '')
      : documents) {
      const value = JSON.parse(document) as object;
      const validate = this.#schema('error' in value && WITHOUT_ERRORS.has(name) ? 'error' : (SCHEMAS[name] ?? name));
      if (validate(value)) continue;
      const [problem] = validate.errors ?? [];
      return `${problem?.instancePath ?? ''} ${problem?.message ?? ''}`;
    }
    return null;
  }

  #schema(name: string): ValidateFunction {
    const known = this.#schemas.get(name);
    if (known !== undefined) return known;
    const text = readFileSync(join(this.#schemaFolder, `${name}.schema.json`), 'utf8');
    const made = new Ajv({ allowUnionTypes: true, strictTuples: false }).compile(JSON.parse(text) as object);
    this.#schemas.set(name, made);
    return made;
  }

  #note(name: string, code: number, stdout: string, stderr: string): void {
    this.features.add(`${name} ${String(code)}`);
    const message = stderr.slice(0, MAX_MESSAGE).replaceAll(this.#folder, '');
    for (const kind of kindsOfLines(message)) this.features.add(`${name} ${kind}`);
    for (const [finding] of stdout.slice(0, 1 << 16).matchAll(/\b[a-z]+\/[a-z]+(?:-[a-z]+)+\b/g))
      this.features.add(finding);
  }
}
