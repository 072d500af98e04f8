// The fenced code blocks of README and docs. The first word after the fence is the language, and decides what a test does
// with the block; KINDS lists every language that may be used.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What is done with a block of each language. `sh target` is for commands of another machine, a board or a cluster: no test runs them, but
 * the shell must accept them.
 * @type {Readonly<Record<string, string>>}
 */
export const KINDS = {
  console: 'commands after "$ ": run, and what they print is compared',
  'console lab': 'what a real kernel printed: the options of the commands are checked',
  sh: 'commands: run, and their exit status is compared',
  'sh target': 'commands for another machine, a board or a cluster: read by sh -n',
  make: 'the commands of its rules: run, and their exit status is compared',
  ts: 'compiled strictly, and run',
  yaml: 'checked as a policy, a board or a CI file',
  json: 'checked by its schema',
  dts: 'compiled, and read as a partition table',
  kconfig: 'each line is a kernel option',
  text: 'not run: synopses, and what programs print elsewhere',
};

const FENCE = /^( *)```([a-z]*)([^\n]*)\n([\s\S]*?)^\1```$/gm;

/**
 * The Markdown files of the documentation.
 * @param {string} root folder of the project
 */
export function markdownFiles(root) {
  const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  const own = pages.filter((name) => name.endsWith('.md') && !name.startsWith('api'));
  return ['README.md', 'CONTRIBUTING.md', ...own.map((name) => join('docs', name))].sort();
}

/**
 * @typedef {object} Block
 * @property {string} kind a key of KINDS, if the block is as it should be
 * @property {string} info what follows the language, as "file=policy.yaml"
 * @property {string | null} file name in `file=NAME`: the block is written to that file
 * @property {string} text without indentation
 * @property {number} line of the opening fence, from 1
 */

/**
 * Replaces the text of each block.
 * @param {string} markdown
 * @param {(block: Block) => string} renew the block's new text
 */
export function mapBlocks(markdown, renew) {
  return markdown.replace(FENCE, (whole, indent, language, info, body, index) => {
    const text = indent === '' ? body : body.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
    const variant = `${language}${/^ \w+/.exec(info)?.[0] ?? ''}`;
    const kind = variant in KINDS ? variant : language;
    const line = markdown.slice(0, index).split('\n').length;
    const now = renew({ kind, info, text, line, file: /\bfile=(\S+)/.exec(info)?.[1] ?? null });
    if (now === text) return whole;
    return `${indent}\`\`\`${language}${info}\n${now.replaceAll(/^(?=.)/gm, indent)}${indent}\`\`\``;
  });
}

/**
 * The blocks of a page, in order.
 * @param {string} markdown
 */
export function blocksOf(markdown) {
  /** @type {Block[]} */
  const blocks = [];
  mapBlocks(markdown, (block) => {
    blocks.push(block);
    return block.text;
  });
  return blocks;
}
