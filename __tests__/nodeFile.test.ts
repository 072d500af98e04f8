import { closeSync, openSync, readFileSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import { openFileSource } from '../lib/source/nodeFile.ts';
import { Folder } from './support/cli.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

test('a source that is closed twice does not close the file that has its number then', () => {
  const source = openFileSource(folder.file('first', Buffer.from('first')));
  source.close();
  const other = openSync(folder.file('other', Buffer.from('other')), 'r');
  source.close();
  expect(readFileSync(other, 'utf8')).toBe('other');
  closeSync(other);
});
