/** integrations/yocto: the class's functions as bitbake would expand them, by a shell under fakeroot. */
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Run } from './support/cli.ts';
import { integration, Place } from './support/integrations.ts';

jest.setTimeout(120_000);
const LAYER = integration('yocto');
const RECIPE = 'recipes-devtools/cramfs-map/cramfs-map-native_1.0.0.bb';
const BITBAKE = fileURLToPath(new URL('support/bitbake.py', import.meta.url));

let place: Place;
beforeAll(async () => {
  place = await Place.make();
  mkdirSync(place.at('deploy'));
});
afterAll(() => {
  place.remove();
});

/** A function of the layer, expanded. */
function expanded(file: string, name: string, variables: Readonly<Record<string, string>>): string {
  const conf = {
    IMGDEPLOYDIR: place.at('deploy'),
    IMAGE_NAME: 'core-image',
    IMAGE_ROOTFS: place.rootfs,
    TARGET_ARCH: 'i686',
    TUNE_FEATURES: 'm32 i686',
    CRAMFS_XIP_PHYS: '0x08040000',
    ...variables,
  };
  const { stdout, stderr, code } = place.run('python3', [
    ...[BITBAKE, LAYER, file, name],
    ...Object.entries(conf).map(([key, value]) => `${key}=${value}`),
  ]);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

function image(variables: Readonly<Record<string, string>> = {}): Run {
  place.write('run.do_image', expanded('classes/cramfs-xip.bbclass', 'IMAGE_CMD:cramfs-xip', variables));
  return place.run('fakeroot', ['sh', '-c', `chown -hR 0:0 ${place.rootfs} && exec sh run.do_image`]);
}

describe('the image type cramfs-xip', () => {
  test('is built and audited, and passes', () => {
    const { code, stdout, stderr } = image({ CRAMFS_XIP_PARTITION_SIZE: '2M', CRAMFS_XIP_KERNEL: '6.12.30' });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('6.12.30 on i386, little endian, 4 KiB pages, image at 0x8040000');
    expect(stdout).toContain('XIP text   100.0 %');
    expect(place.read('deploy/core-image.cramfs-xip.audit.xml')).toContain('<testsuites');
  });

  test('fails when the text of a program is no longer direct', () => {
    const { code, stdout, stderr } = image({
      CRAMFS_XIP_MKFS_OPTIONS: '--xip-files /lib/ld-musl-i386.so.1 /bin/hello',
    });
    expect(code).toBe(1);
    expect(stdout).toContain('policy/over-budget');
    expect(stderr).toMatch(/^ERROR: the audit of .*core-image[.]cramfs-xip failed \(exit code 1\)$/m);
  });

  test('fails when the partition is too small for the programs, and when it is too small for the image', () => {
    expect(image({ CRAMFS_XIP_PARTITION_SIZE: '512K' })).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('policy/over-budget') as unknown,
    });
    const small = image({ CRAMFS_XIP_PARTITION_SIZE: '64K' });
    expect(small.code).not.toBe(0);
    expect(small.stderr).toContain('at most 65536 bytes');
  });

  test('needs an address', () => {
    expect(image({ CRAMFS_XIP_PHYS: '' })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/CRAMFS_XIP_PHYS is not set/) as unknown,
    });
  });

  test.each([
    [{ TARGET_ARCH: 'arm' }, '--endian little', '--cpu arm ;'],
    [{ TARGET_ARCH: 'armeb', TUNE_FEATURES: 'bigendian' }, '--endian big', '--cpu arm ;'],
    [{ TARGET_ARCH: 'arm', CRAMFS_XIP_TARGET: 'nommu' }, '--xip nommu', '--cpu arm-m ;'],
    [{ TARGET_ARCH: 'riscv32' }, '--endian little', '--cpu riscv32 ;'],
    [{ TARGET_ARCH: 'mips', TUNE_FEATURES: 'o32 bigendian' }, '--endian big', '--cpu mips ;'],
    [{ TARGET_ARCH: 'powerpc', TUNE_FEATURES: 'bigendian' }, '--endian big', '--cpu  ; fi'],
  ])('for %j has %s and %s', (variables, one, other) => {
    const text = expanded('classes/cramfs-xip.bbclass', 'IMAGE_CMD:cramfs-xip', variables);
    expect(text).toContain(one);
    expect(text.replaceAll(';', ' ;')).toContain(other);
  });
});

test('the recipe installs the single file and its names', () => {
  const script = expanded(RECIPE, 'do_install', {
    D: place.at('image'),
    bindir: '/usr/bin',
    datadir: '/usr/share',
    COMMON_LICENSE_DIR: '/licences',
    CRAMFS_MAP_FILE: place.single,
  });
  place.write('run.do_install', script);
  expect(place.run('sh', ['run.do_install'])).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(place.run(place.at('image/usr/bin/cramfs'), ['--version']).code).toBe(0);
});

test('the shell of the layer passes shellcheck', () => {
  const script = expanded('classes/cramfs-xip.bbclass', 'IMAGE_CMD:cramfs-xip', {});
  place.write('shell', `#!/bin/sh\n${script}`);
  // What bitbake has expanded is constant by then, and its words are split on purpose.
  const { stdout } = place.run('shellcheck', ['--exclude=SC2157,SC2016,SC2086,SC1007', 'shell']);
  expect(stdout).toBe('');
});

test('the recipe is of the version that is next to be released', () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(RECIPE).toContain(`_${version}.bb`);
});
