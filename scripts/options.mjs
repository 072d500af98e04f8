// Options of the project's own scripts. The comment that a script begins with is its usage.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Exit code for an option that there is not, or that lacks its value. */
const WRONG_USAGE = 2;

/**
 * The options and arguments that a script was called with. Ends the process where --help is one of them, or one is wrong.
 *
 * @template {import('node:util').ParseArgsConfig} T
 * @param {string} script its import.meta.url
 * @param {T} config
 * @returns {ReturnType<typeof parseArgs<T>>}
 */
export function readOptions(script, config) {
  const file = fileURLToPath(script);
  try {
    const withHelp = { ...config, options: { ...config.options, help: /** @type {const} */ ({ type: 'boolean' }) } };
    const parsed = parseArgs(withHelp);
    if (!('help' in parsed.values)) return /** @type {ReturnType<typeof parseArgs<T>>} */ (parsed);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // What follows the first sentence is advice on arguments that begin with a dash.
    const [sentence = ''] = error.message.split(/\.? *\n|\. /);
    console.error(`${basename(file, '.mjs')}: ${sentence}; --help shows the usage`);
    process.exit(WRONG_USAGE);
  }
  console.log(usageOf(readFileSync(file, 'utf8')));
  process.exit(0);
}

/** The first paragraph of the first comment of a script. @param {string} source */
function usageOf(source) {
  const [comment = ''] = /^\/\/ .*(?:\n\/\/ .*)*/m.exec(source) ?? [];
  return comment.replace(/^\/\/ /gm, '');
}
