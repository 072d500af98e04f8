/** The manifests, compared by other programs with the tree that "cramfs extract" writes. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Folder } from './support/cli.ts';
import { fixture } from './support/fixtures.ts';

const CRAMFS = resolve('dist/bin/cramfs.cjs');
const folder = new Folder();
const at = (name: string): string => join(folder.path, name);

/** Runs a line of a shell in the folder; as root of fakeroot, which keeps owners and devices in a file. */
function sh(line: string): { status: number | null; output: string } {
  const state = ['-s', 'owners', ...(hasState ? ['-i', 'owners'] : [])];
  hasState = true;
  const { status, stdout, stderr } = spawnSync('fakeroot', [...state, 'sh', '-c', line], {
    cwd: folder.path,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', CRAMFS },
  });
  return { status, output: `${stdout}${stderr}` };
}
let hasState = false;

beforeAll(() => {
  // Owners, modes, a link, devices, and names that need escapes.
  writeFileSync(
    at('devices.txt'),
    [
      '/dev d 755 0 0 - - - - -',
      '/dev/console c 600 0 5 5 1 0 0 -',
      '/dev/sda b 660 0 6 8 0 0 0 -',
      '/etc/shadow f 640 0 42 - - - - -',
      '',
    ].join('\n'),
  );
  writeFileSync(at('plain.cramfs'), fixture('images/root-XX.cramfs.gz'));
  const made = sh(
    'mkdir -p tree/etc tree/bin && echo secret > tree/etc/shadow && printf "hello" > "tree/a b" && printf x > "tree/back\\\\slash" && printf y > "tree/#hash" && ' +
      'ln -s ../etc/shadow tree/bin/link && printf "#!/bin/sh\\n" > tree/bin/run && chmod 4755 tree/bin/run && node "$CRAMFS" mkfs tree own.cramfs -D devices.txt',
  );
  expect(made).toEqual({ status: 0, output: expect.any(String) });
}, 60_000);
afterAll(() => {
  folder.remove();
});

describe.each(['own', 'plain'])('of the image %s', (name) => {
  beforeAll(() => {
    expect(sh(`node "$CRAMFS" extract ${name}.cramfs ${name} --devices --setuid --quiet`)).toEqual({
      status: 0,
      output: '',
    });
    for (const format of ['mtree', 'sha256sum']) {
      expect(sh(`node "$CRAMFS" manifest ${name}.cramfs --format ${format} -o ${name}.${format}`).status).toBe(0);
    }
  }, 60_000);

  test('mtree finds no difference in types, owners, modes, sizes, links, devices and hashes', () => {
    expect(sh(`mtree -f ${name}.mtree -p ${name}`)).toEqual({ status: 0, output: '' });
  });

  test('bsdtar makes an archive of the tree by the manifest, with every entry', () => {
    const entries = sh(`bsdtar -tf - < ${name}.mtree | wc -l`);
    expect(sh(`cd ${name} && bsdtar -cf ../${name}.tar @../${name}.mtree`)).toEqual({ status: 0, output: '' });
    const listed = sh(`bsdtar -tf ${name}.tar | wc -l`);
    const found = sh(`find ${name} | wc -l`);
    expect(listed.output).toBe(entries.output);
    expect(Number(listed.output)).toBe(Number(found.output));
  });

  test('sha256sum -c finds every file as it should be', () => {
    const { status, output } = sh(`cd ${name} && sha256sum -c ../${name}.sha256sum`);
    expect(status).toBe(0);
    expect(output.split('\n').filter((line) => line !== '' && !line.endsWith(': OK'))).toEqual([]);
    expect(output.match(/: OK$/gm)?.length).toBe(
      readFileSync(at(`${name}.mtree`), 'utf8').match(/ type=file /g)?.length,
    );
  });
});

describe('a tree that was changed', () => {
  test('is found by mtree and by sha256sum', () => {
    appendFileSync(at('own/a b'), '!');
    chmodSync(at('own/etc/shadow'), 0o644);
    const mtree = sh('mtree -f own.mtree -p own');
    expect(mtree.status).not.toBe(0);
    expect(mtree.output).toMatch(/a\\?(?:040|s| )b/);
    expect(mtree.output).toMatch(/sha256/);
    expect(sh('cd own && sha256sum -c ../own.sha256sum')).toEqual({
      status: 1,
      output: expect.stringContaining('a b: FAILED'),
    });
  });
});
