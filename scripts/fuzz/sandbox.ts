/** Runs commands in this process, and expects of each what must hold for all. */
import { Ajv, type ValidateFunction } from 'ajv';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCramfs } from '../../lib/cli/cramfs.ts';
import type { Io, TextSink } from '../../lib/cli/io.ts';

/** Characters that a command may print; more is an error. */
const MAX_OUTPUT = 64 << 20;
/** Milliseconds that a command may take on such inputs. */
const TIME_LIMIT = 10_000;
/** Milliseconds after which the CPU time before a command is taken anew: what it takes is known to this. */
const CPU_INTERVAL = 500;
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

export class Sandbox {
  /** Commands that ran. */
  commands = 0;
  /** What the commands of the present case did, in short: what is new among it is worth keeping. */
  readonly features = new Set<string>();
  readonly #schemas = new Map<string, ValidateFunction>();
  readonly #folder: string;
  readonly #schemaFolder: string;
  readonly #inputs: Uint8Array[] = [];
  /** CPU time of the process, and when it was that: asking takes a system call, as long as a part of a command. */
  #cpu = process.cpuUsage();
  #cpuTakenAt = performance.now();

  constructor(folder: string, schemaFolder: string) {
    this.#folder = folder;
    this.#schemaFolder = schemaFolder;
  }

  /** A path of this thread's own. */
  path(name: string): string {
    return join(this.#folder, name);
  }

  /** The path of an input; it is written unless it is there from the case before. */
  input(index: number, bytes: Uint8Array): string {
    const file = this.path(`in${String(index)}`);
    if (this.#inputs[index] !== bytes) writeFileSync(file, bytes);
    this.#inputs[index] = bytes;
    return file;
  }

  /** The bytes of an input; null where there is none. */
  bytesOf(index: number): Uint8Array | null {
    return this.#inputs[index] ?? null;
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
    const command = `"${argv.join(' ').replaceAll(this.#folder, '')}"`;
    expect(code >= 0 && code <= 3, `${command} ends with ${String(code)}: ${stderr.slice(0, MAX_MESSAGE)}`);
    expect(took < TIME_LIMIT, `${command} takes more than ${String(TIME_LIMIT)} ms`);
    expect(code !== 2 || stderr !== '', `${command} ends with 2 and says nothing`);
    const isJson = argv.includes('--json');
    const text = (name === 'cat' ? '' : stdout) + stderr;
    // eslint-disable-next-line no-control-regex -- the rule is against what this looks for
    expect(!/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text), `${command} prints control characters`);
    expect(!/^::/m.test(stderr), `${command} prints a workflow command on standard error`);
    if (isJson) this.#validate(name, stdout, command);
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

  #validate(name: string, stdout: string, command: string): void {
    const documents = WHOLE.has(name) ? [stdout] : stdout.split('\n').filter((line) => line !== '');
    for (const document of name === 'audit' || name === 'profile'
      ? [stdout].filter((each) => each !== '')
      : documents) {
      const value = JSON.parse(document) as object;
      const validate = this.#schema('error' in value && WITHOUT_ERRORS.has(name) ? 'error' : (SCHEMAS[name] ?? name));
      const problem = validate(value) ? null : validate.errors?.[0];
      expect(
        problem === null,
        `${command} is not valid by its schema: ${problem?.instancePath ?? ''} ${problem?.message ?? ''}`,
      );
    }
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
    if (message !== '') this.features.add(`${name} ${message.replace(/[0-9]+/g, 'N').replace(/["'/][^ ]*/g, '_')}`);
    for (const [finding] of stdout.slice(0, 1 << 16).matchAll(/\b[a-z]+\/[a-z]+(?:-[a-z]+)+\b/g))
      this.features.add(finding);
  }
}
