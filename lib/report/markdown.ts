/** Text in GitHub's and GitLab's Markdown. */

/** Text as code. */
export const code = (text: string): string => `<code>${escaped(text)}</code>`;

/**
 * Text that stays what it is in a table of GitHub's or GitLab's Markdown: nothing in it is markup, a link, a mention or a
 * reference to an issue.
 */
export function escaped(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[&<>`*_{}[\]#!|~@\\$%^]|:(?=\/)|(?<=www)\./gi, (char) => `&#${String(char.charCodeAt(0))};`);
}

/** Signs of severities. */
export const SIGNS = { error: '❌', warning: '⚠️', note: 'ℹ️' } as const;
