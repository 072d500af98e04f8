// `npm run build:viewer`: writes dist/viewer.html, the viewer for any firmware file, as one file.
import { mkdirSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildPage } from './page.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
mkdirSync('dist', { recursive: true });
const html = await buildPage('.', 'viewer');
writeFileSync('dist/viewer.html', html);
console.log(`dist/viewer.html  ${Buffer.byteLength(html)} bytes`);
