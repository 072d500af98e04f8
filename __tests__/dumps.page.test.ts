/** docs/dumps.md lists what each command says of each kind of dump. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { dumpsPage } from './support/dumpsPage.ts';

test('docs/dumps.md is what comes out: npm run docs writes it', async () => {
  const page = readFileSync(new URL('../docs/dumps.md', import.meta.url), 'utf8');
  expect(page).toBe(await dumpsPage());
}, 120_000);
