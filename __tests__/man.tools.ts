/** The man pages as the programs see them that show them. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'dist/man';

function run(command: string, args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', MANWIDTH: '80', MANROFFSEQ: '', PAGER: 'cat' },
  });
  return { status, stdout, stderr };
}

let pages: string[];
beforeAll(() => {
  pages = readdirSync(FOLDER).map((name) => join(FOLDER, name));
});

describe('every man page', () => {
  test('is shown by man --warnings without a warning', () => {
    expect(pages.length).toBeGreaterThan(30);
    for (const page of pages) {
      const { status, stdout, stderr } = run('man', ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', page]);
      expect([page, status, stderr]).toEqual([page, 0, '']);
      // Overstruck letters are bold ones.
      expect(stdout.replaceAll(/.[\b]/g, '')).toContain('EXAMPLES');
    }
  });

  test('is formatted by groff with all warnings on without one', () => {
    for (const page of pages) {
      const { status, stdout, stderr } = run('groff', ['-ww', '-man', '-Tutf8', page]);
      expect([page, status, stderr]).toEqual([page, 0, '']);
      expect(stdout.length).toBeGreaterThan(500);
    }
  });

  test('is sound to mandoc, which misses only the date: it is left out so that builds can be repeated', () => {
    for (const page of pages) {
      const { stdout, stderr } = run('mandoc', ['-Tlint', '-W', 'warning', page]);
      const found = `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !line.includes('missing date'));
      expect([page, found]).toEqual([page, []]);
    }
  });

  test('the check finds what is wrong', () => {
    const wrong = spawnSync('groff', ['-ww', '-man', '-Tutf8'], {
      input: '.TH X 1\n.SH A\n.NOSUCH x\n',
      encoding: 'utf8',
    });
    expect(wrong.stderr).toContain('NOSUCH');
  });
});
