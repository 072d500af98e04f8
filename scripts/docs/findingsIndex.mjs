// The index of docs/findings, from the list of findings.

const GROUPS = [
  { prefix: 'xip/', title: 'Mapping and execution', by: 'Reported by `cramfs audit`.' },
  { prefix: 'image/', title: 'The image', by: 'Reported by `cramfs check` and `cramfs audit`.' },
  { prefix: 'security/', title: 'Security', by: 'Reported by `cramfs audit`.' },
  { prefix: 'policy/', title: 'Policies', by: 'Reported by `cramfs audit --policy`.' },
];
const HEAD = ['id', 'severity', 'what it is'];

/**
 * @param {readonly { id: string, severity: string, title: string }[]} findings
 */
export function findingsIndex(findings) {
  const parts = GROUPS.map(({ prefix, title, by }) => {
    const own = findings.filter(({ id }) => id.startsWith(prefix));
    const rows = [HEAD, ...own.map(({ id, severity, title: words }) => [`[${id}](${id}.md)`, severity, words])];
    const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    const [head, ...lines] = rows.map(
      (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
    );
    const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
    return [`## ${title}`, '', by, '', head, rule, ...lines].join('\n');
  });
  return `${INTRODUCTION}\n\n${parts.join('\n\n')}\n`;
}

const INTRODUCTION = `# Findings

Every finding of \`cramfs check\` and \`cramfs audit\` has an id, a default severity and a page.

- **error**: the image is damaged, or Linux or a reference tool cannot use it as it is.
- **warning**: likely to surprise.
- **note**: good to know.

Only errors change the exit status. Beyond the first thousand findings of one id, findings are counted and not listed.
A policy can change the severity of each id (older policies may say \`warn\` and \`info\`).

\`cramfs explain\` lists the ids, and \`cramfs explain ID\` prints a page. It also accepts the codes that \`cramfs check\`
used before, which are still in its JSON as \`code\`: \`BLOCK_OUTSIDE\` is \`image/block-outside\`.`;
