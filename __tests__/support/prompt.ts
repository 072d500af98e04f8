/** A shell at a terminal, typed at as a user does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** How long a shell may take to answer: milliseconds. */
const PATIENCE = 4_000;

/** What differs between shells. */
export interface ShellKind {
  readonly name: 'bash' | 'zsh' | 'fish';
  /** Starts it at a terminal without the user's own settings. */
  readonly start: string;
  /** Lines that load the completions, and replace each command by one that writes its words to $WORDS. */
  setUp(commands: readonly string[]): string[];
}

const posixStub = (name: string): string =>
  `${name}() { printf '%s\\n' "$@" > "$WORDS.new"; mv "$WORDS.new" "$WORDS"; }`;

export const SHELL_KINDS: readonly ShellKind[] = [
  {
    name: 'bash',
    start: 'bash --norc --noprofile -i',
    setUp: (commands) => ['source <(command cramfs completion bash)', ...commands.map(posixStub)],
  },
  {
    name: 'zsh',
    start: 'zsh -f -i',
    setUp: (commands) => [
      'autoload -U compinit && compinit -u -d "$WORDS.dump"',
      'source <(command cramfs completion zsh)',
      ...commands.map(posixStub),
    ],
  },
  {
    name: 'fish',
    start: 'fish --no-config -i',
    setUp: (commands) => [
      'command cramfs completion fish | source',
      ...commands.map((name) => `function ${name}; printf '%s\\n' $argv > "$WORDS.new"; mv "$WORDS.new" "$WORDS"; end`),
    ],
  },
];

/** A shell that runs in a folder; close() it. */
export class Prompt {
  readonly #process: ChildProcess;
  readonly #words: string;
  #shown = '';

  private constructor(kind: ShellKind, folder: string) {
    const bin = join(folder, '.bin');
    if (!existsSync(bin)) {
      mkdirSync(bin);
      const program = (name: string): string => resolve('dist/bin', `${name}.cjs`);
      for (const name of ['cramfs', 'cramfs-map', 'cramfs-lab']) {
        writeFileSync(join(bin, name), `#!/bin/sh\nexec "${process.execPath}" "${program(name)}" "$@"\n`, {
          mode: 0o755,
        });
      }
    }
    this.#words = join(folder, `.words-${kind.name}`);
    // "script" gives the shell a terminal.
    this.#process = spawn('script', ['-qefc', kind.start, '/dev/null'], {
      cwd: folder,
      env: {
        PATH: `${bin}:${process.env.PATH ?? ''}`,
        HOME: folder,
        TERM: 'xterm',
        LC_ALL: 'C.UTF-8',
        WORDS: this.#words,
        SHELL: '/bin/sh',
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#process.stdout?.on('data', (bytes: Buffer) => {
      this.#shown += bytes.toString('utf8');
    });
  }

  /** Starts a shell with the completions loaded. */
  static async start(kind: ShellKind, folder: string): Promise<Prompt> {
    const prompt = new Prompt(kind, folder);
    for (const line of kind.setUp(['cramfs', 'cramfs-map', 'cramfs-lab'])) prompt.#type(`${line}\n`);
    await prompt.enter('cramfs ready');
    return prompt;
  }

  /** Types keys and Enter; the words that the command got. "\t" is the Tab key. */
  async enter(keys: string): Promise<string[]> {
    rmSync(this.#words, { force: true });
    this.#type(`${keys}\n`);
    const until = Date.now() + PATIENCE;
    while (!existsSync(this.#words)) {
      if (Date.now() > until) {
        // So that the next line is a new one.
        this.#type('\u0003');
        throw new Error(`no answer to ${JSON.stringify(keys)}; shown:\n${this.#shown.slice(-2000)}`);
      }
      await delay(20);
    }
    return readFileSync(this.#words, 'utf8').split('\n').slice(0, -1);
  }

  /** What the shell shows after keys; Ctrl-C ends the line. */
  async shownAfter(keys: string, expected: string): Promise<string> {
    const start = this.#shown.length;
    this.#type(keys);
    const until = Date.now() + PATIENCE;
    while (!this.#shown.slice(start).includes(expected) && Date.now() < until) await delay(20);
    this.#type('\u0003');
    const shown = this.#shown.slice(start);
    await delay(100);
    return shown;
  }

  close(): void {
    // The terminal goes with it, and the shell with the terminal.
    this.#process.kill('SIGKILL');
  }

  #type(keys: string): void {
    this.#process.stdin?.write(keys);
  }
}
