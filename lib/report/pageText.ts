/** A page of docs/findings for the terminal: its Markdown rendered and wrapped. */
import { type Style, wrap } from './style.ts';

/** The blocks of a page are parted by empty lines: headings, paragraphs, lists, tables and code. */
export function pageText(markdown: string, title: string, style: Style, width: number): string {
  const blocks = blocksOf(markdown).map((block, index) => {
    if (index === 0) return wrap(`${style.strong(block.join(' ').replace(/^# /, ''))}: ${title}`, width, '  ');
    return blockText(block, style, width);
  });
  return `${blocks.join('\n\n')}\n`;
}

/** Lines of each block; code between fences is one block, whatever is in it. */
function blocksOf(markdown: string): string[][] {
  const blocks: string[][] = [];
  let block: string[] = [];
  let isCode = false;
  for (const line of [...markdown.split('\n'), '']) {
    if (line.startsWith('```')) isCode = !isCode;
    if (line !== '' || isCode) block.push(line);
    else if (block.length > 0) {
      blocks.push(block);
      block = [];
    }
  }
  return blocks;
}

function blockText(block: readonly string[], style: Style, width: number): string {
  const [first = ''] = block;
  if (first.startsWith('```'))
    return block
      .slice(1, -1)
      .map((line) => `    ${line}`)
      .join('\n');
  if (first.startsWith('|')) return block.map((line) => inline(line, style)).join('\n');
  if (first.startsWith('#')) return style.strong(first.replace(/^#+ /, ''));
  const items: string[] = [];
  for (const line of block) {
    if (/^([-*]|[0-9]+[.]) /.test(line) || items.length === 0) items.push(line);
    else items.push(`${items.pop() ?? ''} ${line.trim()}`);
  }
  return items
    .map((item) => {
      const marker = /^([-*]|[0-9]+[.]) /.exec(item)?.[0] ?? '';
      return wrap(inline(item, style), width, ' '.repeat(marker.length));
    })
    .join('\n');
}

/** Emphasis as colours, links as their text, code as it is. */
function inline(text: string, style: Style): string {
  return text
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replace(/[*]{2}([^*]+)[*]{2}/g, (_, strong: string) => style.strong(strong))
    .replace(/(^|[^*])[*]([^*\s][^*]*)[*]/g, '$1$2')
    .replaceAll('`', '');
}
