// The report page as one file of HTML: the script bundled, the style inlined. Data goes in at REPORT_DATA.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';

/** Where a report's data goes: the text of a script element that is not run. */
export const PLACEHOLDER = '<!--REPORT-DATA-->';

/**
 * @param {string} root folder of the project
 * @param {'main' | 'viewer'} entry
 */
export async function buildPage(root, entry) {
  const { outputFiles } = await build({
    entryPoints: [`${root}/lib/page/ui/${entry}.ts`],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
  });
  // "</script" within the text would end the element.
  const script = (outputFiles[0]?.text ?? '').replaceAll(/<\/(script)/gi, '<\\/$1').replaceAll('<!--', '<\\!--');
  const style = readFileSync(`${root}/lib/page/ui/style.css`, 'utf8');
  const sha = (/** @type {string} */ text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${sha(script)} blob:`,
    `worker-src blob:`,
    // Bars and rows are placed by style attributes.
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<link rel="icon" href="data:,">',
    `<title>${entry === 'main' ? 'cramfs report' : 'cramfs viewer'}</title>`,
    `<style>${style}</style>`,
    '<main></main>',
    ...(entry === 'main' ? [`<script type="application/json" id="report-data">${PLACEHOLDER}</script>`] : []),
    `<script>${script}</script>`,
    '</html>',
    '',
  ].join('\n');
}
