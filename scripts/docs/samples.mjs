// Samples in README and docs: a fenced block `console` holds commands after `$ ` and, below each, what it prints. The
// commands are run as a reader would, by a shell in a folder with the sample files; `npm run docs` writes what they print,
// and a test compares.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { gunzipSync } from 'node:zlib';

/** Files that samples name: name → fixture, unpacked. @type {Readonly<Record<string, string>>} */
const FILES = {
  'root.cramfs': 'images/root-XX.cramfs.gz',
  'adv.cramfs': 'patch/adv.cramfs.gz',
  'adj.cramfs': 'patch/adj.cramfs.gz',
  'edges.cramfs': 'images/adv.cramfs.gz',
  'riscv.cramfs': 'riscv/images/rv32-a.cramfs.gz',
  'xtensa.cramfs': 'boards/xtensa.cramfs.gz',
  'zero.cramfs': 'lab/zero-offset.cramfs',
  'entries.cramfs': 'lab/entry-limit.cramfs',
  'names.cramfs': 'arch/sorted-flag-high-bytes.cramfs',
  'damaged.cramfs': 'malformed/098-block-9000.img',
};

/** Fenced code blocks: the language, the rest of the info string, the text. */
const BLOCK = /^```(\w+)([^\n]*)\n(.*?)^```$/gms;

/**
 * The Markdown files that may hold samples.
 * @param {string} root folder of the project
 */
export function markdownFiles(root) {
  const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  return ['README.md', ...pages.filter((name) => name.endsWith('.md')).map((name) => join('docs', name))].sort();
}

/**
 * Prepares a folder for samples.
 * @param {string} folder which is empty
 * @param {string} root folder of the project
 * @param {Readonly<Record<string, string>>} programs command → the script that Node runs
 */
export function prepareSamples(folder, root, programs) {
  mkdirSync(join(folder, '.bin'));
  for (const [name, file] of Object.entries(programs)) {
    const script = `#!/bin/sh\nexec "${process.execPath}" "${file}" "$@"\n`;
    writeFileSync(join(folder, '.bin', name), script, { mode: 0o755 });
  }
  for (const [name, fixture] of Object.entries(FILES)) {
    const bytes = readFileSync(join(root, 'fixtures', fixture));
    writeFileSync(join(folder, name), fixture.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  }
}

/**
 * A Markdown text with what its samples print now. A block whose info string has `file=NAME` is written to the folder
 * first, so that samples can use the policy or the list that the page shows.
 * @param {string} markdown
 * @param {string} folder prepared by prepareSamples()
 */
export function renderSamples(markdown, folder) {
  return markdown.replace(BLOCK, (block, language, info, text) => {
    const file = /\bfile=(\S+)/.exec(info)?.[1];
    if (file !== undefined) writeFileSync(join(folder, file), text);
    if (language !== 'console' || !text.startsWith('$ ')) return block;
    const commands = text.match(/^\$ .*(?:(?<=\\)\n.*)*$/gm) ?? [];
    const shown = commands.map((/** @type {string} */ command) => `${command}\n${run(command.slice(2), folder)}`);
    return `\`\`\`console${info}\n${shown.join('\n')}\`\`\``;
  });
}

/**
 * How many samples a Markdown text has.
 * @param {string} markdown
 */
export const countSamples = (markdown) =>
  [...markdown.matchAll(BLOCK)].filter(([, language, , text]) => language === 'console' && text?.startsWith('$ '))
    .length;

/**
 * What a command prints, on standard output and standard error, 80 columns wide and without colours.
 * @param {string} command
 * @param {string} folder
 */
function run(command, folder) {
  const env = {
    ...process.env,
    PATH: [join(folder, '.bin'), process.env.PATH].join(delimiter),
    COLUMNS: '80',
    NO_COLOR: '1',
  };
  const { stdout, error } = spawnSync('sh', ['-c', `exec 2>&1\n${command}`], { cwd: folder, env, encoding: 'utf8' });
  if (error) throw error;
  return stdout;
}
