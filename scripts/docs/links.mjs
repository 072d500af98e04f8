// Links of the documentation: relative ones must lead to a file, and their anchors to a heading.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/**
 * A page without its code.
 * @param {string} markdown
 */
const prose = (markdown) =>
  markdown
    .replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, '_'));

/**
 * The targets of the relative links and pictures of a page.
 * @param {string} markdown
 */
export function linksOf(markdown) {
  const text = prose(markdown);
  const links = [...text.matchAll(/\]\(([^()\s]+)\)/g), ...text.matchAll(/(?:src|href)="([^"]+)"/g)];
  return links.map(([, target = '']) => target).filter((target) => !/^[a-z]+:/.test(target));
}

/**
 * The anchors of a page's headings, as GitHub makes them.
 * @param {string} markdown
 */
export function anchorsOf(markdown) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  const headings = markdown.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '').match(/^#{1,6} .*$/gm) ?? [];
  return headings.map((heading) => {
    const words = heading
      .replace(/^#+ /, '')
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase();
    const anchor = words.replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}

/**
 * Links of a page that lead nowhere.
 * @param {string} file as "docs/ci.md"
 * @param {string} root folder of the project
 */
export function deadLinks(file, root) {
  return linksOf(readFileSync(join(root, file), 'utf8')).filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : normalize(join(dirname(file), path));
    if (!existsSync(join(root, target))) return true;
    if (anchor === undefined) return false;
    if (statSync(join(root, target)).isDirectory()) return true;
    return !anchorsOf(readFileSync(join(root, target), 'utf8')).includes(anchor);
  });
}
