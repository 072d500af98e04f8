// Shell commands in the documentation: where one ends, what it is expected to exit with, and running a block of them.
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

/** Commands of this project, and what a checkout has. */
const OWN =
  /(?:^|[;&|(] *|\b(?:then|else|do) +|^ +|\s\\\n *)(?:cramfs(?:-map|-lab|ck)?|mk(?:fs[.])?cramfs|fsck[.]cramfs|npm|[.]ci\/run|node)\b/m;

/**
 * A command with the exit status that the text around it promises: "exit code 1" in a comment on its line or on a line of
 * its own before it; else 0.
 * @typedef {{ text: string, expected: number, line: number, isOwn: boolean }} Command
 */

/**
 * Splits a block into commands. A command goes on while a line ends in a backslash, a here-document is open, or the shell
 * wants more (if … fi).
 * @param {string} block
 * @returns {Command[]}
 */
export function commandsOf(block) {
  /** @type {Command[]} */
  const commands = [];
  let pending = '';
  let expected = 0;
  let first = 1;
  /** @type {string | null} */
  let terminator = null;
  for (const [index, line] of block.split('\n').entries()) {
    if (pending === '') first = index + 1;
    if (pending === '' && line.trim() === '') continue;
    const promised = /#.*\bexit (?:code|status) (\d+)/.exec(line)?.[1];
    if (promised !== undefined) expected = Number(promised);
    if (pending === '' && line.trim().startsWith('#')) continue;
    pending += `${line}\n`;
    terminator ??= /<<-?\s*'?(\w+)'?/.exec(line)?.[1] ?? null;
    if (terminator !== null && line.trim() !== terminator) continue;
    terminator = null;
    if (line.endsWith('\\') || !isComplete(pending)) continue;
    commands.push({ text: pending.trimEnd(), expected, line: first, isOwn: OWN.test(pending) });
    pending = '';
    expected = 0;
  }
  if (pending !== '') commands.push({ text: pending.trimEnd(), expected, line: first, isOwn: OWN.test(pending) });
  return commands;
}

/**
 * Whether the shell accepts a text as it is.
 * @param {string} text
 */
export const isComplete = (text) => !/^\s*(?:if|for|while|case|until)\b|[{(]\s*$/m.test(text) || accepts(text);

/**
 * @param {string} text
 */
export const accepts = (text) => spawnSync('sh', ['-n'], { input: text, encoding: 'utf8' }).status === 0;

/**
 * The environment of a command: programs of the sandbox first, 80 columns and no colours.
 * @param {string} folder
 */
const environment = (folder) => ({
  ...process.env,
  PATH: [join(folder, '.bin'), process.env.PATH].join(delimiter),
  HOME: folder,
  COLUMNS: '80',
  NO_COLOR: '1',
  TZ: 'UTC',
  // A shard of its own, in the CI files.
  CI_NODE_INDEX: '1',
  CI_NODE_TOTAL: '1',
});

/**
 * What a command prints, on standard output and standard error.
 * @param {string} command
 * @param {string} folder
 */
export function printed(command, folder) {
  const options = { cwd: folder, env: environment(folder), encoding: /** @type {const} */ ('utf8') };
  const { stdout, error } = spawnSync('sh', ['-c', `exec 2>&1\n${command}`], options);
  if (error) throw error;
  return stdout;
}

/**
 * Runs the commands of a block one after the other in one shell, whatever each of them exits with.
 * @param {readonly Command[]} commands
 * @param {string} folder
 * @returns {{ command: Command, status: number | null, output: string }[]} status null: the shell ended before
 */
export function runCommands(commands, folder) {
  const codes = join(folder, '.codes');
  const file = openSync(codes, 'w');
  const script = commands.map(({ text }) => `${text}\nprintf '%s\\n' "$?" >&3`).join('\n');
  const { status, stdout, error } = spawnSync('sh', ['-c', `exec 2>&1\n${script}`], {
    cwd: folder,
    env: environment(folder),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe', file],
  });
  closeSync(file);
  if (error) throw error;
  const seen = readFileSync(codes, 'utf8').split('\n').filter(Boolean).map(Number);
  // `exit` ends the shell with the status of its command.
  if (seen.length < commands.length) seen.push(status ?? -1);
  return commands.map((command, index) => ({ command, status: seen[index] ?? null, output: stdout }));
}
