// docs/options.md: every command with its arguments, options and exit codes.

/**
 * The page.
 * @param {readonly import('../../lib/cli/help/reference.ts').CommandReference[]} references
 */
export function optionsPage(references) {
  const names = references.map(({ name }) => name);
  // A program that is a command by another name: cramfs-map is "cramfs map".
  const shown = references.filter(
    ({ name }) => !names.some((other) => other !== name && other.replaceAll(' ', '-') === name),
  );
  const parts = [
    '# Commands and options\n',
    'Written by `npm run docs` from the code; `cramfs help COMMAND` shows the same with examples, and so do the man pages. `cramfs-map` is\n`cramfs map`.\n',
    references
      .map(({ name, summary }) => `- [\`${name}\`](#${name.replaceAll(' ', '-')}): ${cell(summary)}`)
      .join('\n'),
  ];
  for (const { name, description, usage, arguments: operands, options, notes } of shown) {
    parts.push(`\n## ${name}\n`, `${description}.\n`, `\`${usage}\`\n`);
    if (operands.length > 0) parts.push(table('Argument', operands));
    for (const { heading, items } of options) parts.push(table(heading, items));
    if (notes.exitCodes.length > 0) {
      parts.push(
        table(
          'Exit code',
          notes.exitCodes.map(([term, text]) => ({ term, text })),
        ),
      );
    }
  }
  return `${parts.join('\n').trimEnd()}\n`;
}

/**
 * @param {string} heading
 * @param {readonly import('../../lib/cli/help/reference.ts').ReferenceItem[]} items
 */
function table(heading, items) {
  const rows = items.map(({ term, text }) => `| \`${term.replaceAll('|', '\\|')}\` | ${cell(text)} |`);
  return `| ${heading} | |\n| :-- | :-- |\n${rows.join('\n')}\n`;
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|').replace(/[<*]/g, '\\$&');
}
