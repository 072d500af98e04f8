/** integrations/make and integrations/cmake, with GNU Make, and with CMake over Ninja and over Make. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Run } from './support/cli.ts';
import { integration, Place } from './support/integrations.ts';

jest.setTimeout(120_000);
let place: Place;
beforeAll(async () => {
  place = await Place.make();
});
afterEach(() => {
  rmSync(place.at('build'), { recursive: true, force: true });
});
afterAll(() => {
  place.remove();
});

/** A build with options, in a folder "build". */
type Build = (options?: Readonly<Record<string, string>>) => Run;

const make: Build = (options = {}) =>
  place.run('make', [
    ...['-f', integration('make/example/Makefile')],
    ...Object.entries(options).map(([name, value]) => `CRAMFS_${name}=${value}`),
  ]);

const cmake =
  (generator: string): Build =>
  (options = {}) => {
    const variables = Object.entries({ ROOTFS: place.rootfs, ...options }).map(([name, value]) => `-D${name}=${value}`);
    const configured = place.run('cmake', [
      ...['-S', integration('cmake/example'), '-B', 'build', '-G', generator],
      ...variables,
    ]);
    expect(configured).toMatchObject({ code: 0, stderr: '' });
    return place.run('cmake', ['--build', 'build']);
  };

/** How to build, a name of a file that is quoted, options that place one program only, and what is printed when all is done. */
const TOOLS = [
  [
    'make',
    make,
    'an odd #1 $name',
    '-q --xip-files /lib/ld-musl-i386.so.1 /bin/hello',
    /up to date|Nothing to be done/,
  ],
  ['cmake with ninja', cmake('Ninja'), 'two words', '--xip-files;/lib/ld-musl-i386.so.1;/bin/hello', /no work to do/],
  [
    'cmake with make',
    cmake('Unix Makefiles'),
    'an odd #1 $name',
    '--xip-files;/lib/ld-musl-i386.so.1;/bin/hello',
    /^(?!.*(?:Building|Auditing))/s,
  ],
] as const;

describe.each(TOOLS)('%s', (_tool, build, name, oneProgram, idle) => {
  test('builds an image that is audited and passes, and does nothing the second time', () => {
    const first = build();
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(first.stdout).toContain('XIP text   100.0 %');
    expect(place.read('build/fw.cramfs.audit')).toContain('XIP text   100.0 %');
    const second = build();
    expect(second).toMatchObject({ code: 0, stdout: expect.stringMatching(idle) as unknown });
    expect(second.stdout).not.toContain('mkfs');
  });

  test('builds anew when a file is added, changed or renamed', async () => {
    const rebuilds = async (change: () => void): Promise<string> => {
      // Make compares times of files, which some file systems count in hundredths of a second.
      await sleep(30);
      change();
      const { code, stdout, stderr } = build();
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/fw[.]cramfs \d+ KiB: \d+ files/);
      return place.run('cramfs', ['ls', 'build/fw.cramfs', '/etc']).stdout;
    };
    const odd = place.at(`rootfs/etc/${name}`);
    const add = (text: string) => () => {
      writeFileSync(odd, text);
    };
    build();
    expect(await rebuilds(add('one'))).toContain(name);
    await rebuilds(add('other'));
    expect(place.run('cramfs', ['cat', 'build/fw.cramfs', `/etc/${name}`]).stdout).toBe('other');
    expect(build().stdout).toMatch(idle);
    const renamed = await rebuilds(() => {
      renameSync(odd, place.at('rootfs/etc/new'));
    });
    expect(renamed).toContain('new');
    expect(renamed).not.toContain(name);
    rmSync(place.at('rootfs/etc/new'));
  });

  test('fails when the text of a program is no longer direct, and again until it is', () => {
    for (const _time of [1, 2]) {
      const { code, stdout } = build({ MKFS_OPTIONS: oneProgram });
      expect(code).not.toBe(0);
      expect(stdout).toContain('policy/over-budget');
    }
    rmSync(place.at('build'), { recursive: true });
    expect(build().code).toBe(0);
  });

  test('fails when the partition is too small for the programs, and when it is too small for the image', () => {
    const programs = build({ PARTITION_SIZE: '512K' });
    expect(programs.code).not.toBe(0);
    expect(programs.stdout).toContain('policy/over-budget');
    rmSync(place.at('build'), { recursive: true });
    const image = build({ PARTITION_SIZE: '64K' });
    expect(image.code).not.toBe(0);
    expect(image.stdout + image.stderr).toContain('at most 65536 bytes (--flash-budget)');
  });
});

test('without an address the Makefile says so', () => {
  expect(make({ PHYS: '' })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('CRAMFS_PHYS is not set') as unknown,
  });
});

test('without a source cramfs_image() says so', () => {
  mkdirSync(place.at('bad'), { recursive: true });
  place.write(
    'bad/CMakeLists.txt',
    `cmake_minimum_required(VERSION 3.20)\nproject(x LANGUAGES NONE)\ninclude(${integration('cmake')}/Cramfs.cmake)\ncramfs_image(x OUTPUT y PHYS 0)\n`,
  );
  const { code, stderr } = place.run('cmake', ['-S', 'bad', '-B', 'build']);
  expect(code).not.toBe(0);
  expect(stderr).toContain('cramfs_image: SOURCE is missing');
});
