// `npm run lint:docs`: looks for wordings to avoid in README, CONTRIBUTING and all pages of docs. Code blocks and spans are left
// out: what programs print is looked at where it is written.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { habitsIn } from './words.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const pages = readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
const files = ['README.md', 'CONTRIBUTING.md', ...pages.map((name) => join('docs', name))].filter(existsSync);
let found = 0;
for (const file of files) {
  let isCode = false;
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (line.startsWith('```')) isCode = !isCode;
    if (isCode) continue;
    for (const { found: habit, instead } of habitsIn(line.replaceAll(/`[^`]*`/g, ''))) {
      console.error(`${file}:${String(index + 1)}: "${habit}"; say: ${instead}`);
      found++;
    }
  }
}
if (found > 0) process.exit(1);
