// Commands that the prose mentions in code spans: the command and the options must exist.

/** A word that is a command of this project, and the rest of the span. */
const COMMAND = /^(cramfs-map|cramfs-lab|cramfs|npm run)(?: (.*))?$/;

/**
 * @typedef {object} Mention
 * @property {string} program `cramfs`, `cramfs-map`, `cramfs-lab` or `npm run`
 * @property {string | null} name of the subcommand or script
 * @property {string[]} options
 * @property {string} text
 */

/**
 * The mentions of a page, code blocks left out.
 * @param {string} markdown
 * @returns {Mention[]}
 */
export function mentionsOf(markdown) {
  const text = markdown.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '');
  return [...text.matchAll(/`([^`]+)`/g)].flatMap(([, span = '']) => {
    const [, program, rest = ''] = COMMAND.exec(span.replaceAll(/\s+/g, ' ')) ?? [];
    if (program === undefined) return [];
    const words = rest.split(' ');
    const name = program === 'cramfs-map' || !/^[a-z][a-z:-]*$/.test(words[0] ?? '') ? null : (words[0] ?? null);
    // What follows " -- " is for the script.
    const options = (program === 'npm run' ? '' : rest).match(/(?<=^| |\[)--?[a-zA-Z][\w-]*/g) ?? [];
    return [{ program, name, options, text: span }];
  });
}
