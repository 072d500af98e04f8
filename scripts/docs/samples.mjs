// Running a page of the documentation, block by block, in a folder of its own: what `console` samples print now, and what
// `sh` commands exit with.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { parse } from 'yaml';
import { mapBlocks } from './blocks.mjs';
import { accepts, commandsOf, printed, runCommands } from './shell.mjs';

/**
 * @typedef {object} PageRun
 * @property {string} markdown the page with what its samples print now
 * @property {{ line: number, command: string, isOwn: boolean, expected: number, status: number | null, output: string }[]} commands
 *   of shell scripts, CI files and makefiles
 * @property {number} samples commands of `console` blocks that were run
 * @property {{ line: number, text: string }[]} refused blocks for the board that the shell does not accept
 */

/**
 * Runs a page. A block whose info string has `file=NAME` is written to the folder first, so that commands can use the policy,
 * the list or the program that the page shows (of a `.ts` file also the JavaScript).
 * @param {string} markdown
 * @param {string} folder as sandboxFor() makes it
 * @returns {PageRun}
 */
export function runPage(markdown, folder) {
  /** @type {PageRun} */
  const run = { markdown, commands: [], samples: 0, refused: [] };
  run.markdown = mapBlocks(markdown, ({ kind, file, text, line }) => {
    if (file !== null) writeFile(join(folder, file), text);
    if (kind === 'console') {
      const commands = text.match(/^\$ .*(?:(?<=\\)\n.*)*$/gm) ?? [];
      run.samples += commands.length;
      return commands.map((command) => `${command}\n${printed(command.slice(2), folder)}`).join('\n');
    }
    if (kind === 'sh target' && !accepts(text)) run.refused.push({ line, text });
    const scripts = SCRIPTS[kind]?.(text) ?? [];
    for (const script of scripts) {
      for (const { command, status, output } of runCommands(commandsOf(script), folder)) {
        const place = { line: line + command.line, command: command.text, isOwn: command.isOwn };
        run.commands.push({ ...place, expected: command.expected, status, output });
      }
    }
    return text;
  });
  return run;
}

/**
 * @param {string} file
 * @param {string} text
 */
function writeFile(file, text) {
  writeFileSync(file, text);
  if (!file.endsWith('.ts')) return;
  writeFileSync(file.replace(/ts$/, 'mjs'), transformSync(text, { loader: 'ts', format: 'esm' }).code);
}

/**
 * The shell scripts in a block of each kind.
 * @type {Readonly<Record<string, (text: string) => string[]>>}
 */
const SCRIPTS = {
  sh: (text) => [text],
  'console lab': (text) => [(text.match(/^\$ .*$/gm) ?? []).map((line) => line.slice(2)).join('\n')],
  yaml: ciScripts,
  make: recipes,
};

/**
 * The commands of a makefile's rules; `$@` is the rule's target.
 * @param {string} text
 */
function recipes(text) {
  const rules = [...text.matchAll(/^([^\s:]+):.*\n((?:\t.*\n)+)/gm)];
  return rules.map(([, target = '', commands = '']) => commands.replaceAll(/^\t/gm, '').replaceAll('$@', target));
}

/**
 * How many commands a page shows with what they print.
 * @param {string} markdown
 */
export function countSamples(markdown) {
  let count = 0;
  mapBlocks(markdown, ({ kind, text }) => {
    if (kind === 'console') count += (text.match(/^\$ /gm) ?? []).length;
    return text;
  });
  return count;
}

/**
 * The shell scripts of a GitHub workflow or of GitLab's jobs; none for other YAML.
 * @param {string} text
 * @returns {string[]}
 */
export function ciScripts(text) {
  const file = parse(text) ?? {};
  const steps = Object.values(file.jobs ?? {}).flatMap((job) => job.steps ?? []);
  const jobs = Object.values(file).filter((job) => Array.isArray(job?.script));
  return [
    ...steps.flatMap((step) => (typeof step.run === 'string' ? [step.run] : [])),
    ...jobs.map((job) => job.script.join('\n')),
  ];
}
