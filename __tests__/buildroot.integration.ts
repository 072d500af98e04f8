/** integrations/buildroot, in a stand-in for Buildroot: its Kconfig files by Kconfig, its makefiles by make under fakeroot. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Run } from './support/cli.ts';
import { integration, Place } from './support/integrations.ts';

jest.setTimeout(120_000);
const TREE = integration('buildroot');
const STUB = fileURLToPath(new URL('support/buildroot', import.meta.url));
const AUDIT = '"$(BR2_EXTERNAL_CRAMFS_MAP_PATH)/scripts/audit.sh"';

let place: Place;
beforeAll(async () => {
  place = await Place.make();
  place.write('devices', '666 c 1 3 /dev/null\n600 c 5 1 /dev/console\n');
});
beforeEach(() => {
  rmSync(place.at('output'), { recursive: true, force: true });
  mkdirSync(place.at('output'));
});
afterAll(() => {
  place.remove();
});

/** Writes .config from a defconfig, as "make olddefconfig" does. */
function configure(options: Record<string, string>): void {
  const defaults = {
    BR2_TARGET_ROOTFS_CRAMFS_MAP: 'y',
    BR2_TARGET_ROOTFS_CRAMFS_MAP_PHYS: '"0x08040000"',
    BR2_PACKAGE_HOST_CRAMFS_MAP_FILE: `"${place.single}"`,
    BR2_ROOTFS_POST_IMAGE_SCRIPT: AUDIT,
  };
  const lines = Object.entries({ ...defaults, ...options }).map(([name, value]) => `${name}=${value}\n`);
  place.write('output/.config', lines.join(''));
  const env = { BR2_EXTERNAL_CRAMFS_MAP_PATH: TREE, KCONFIG_CONFIG: place.at('output/.config'), CONFIG_: '' };
  expect(place.run('kconfig-conf', ['--olddefconfig', `${STUB}/Config.in`], { env })).toMatchObject({
    code: 0,
    stderr: '',
  });
}

function make(...argv: string[]): Run {
  const variables = {
    O: place.at('output'),
    BASE_TARGET_DIR: place.rootfs,
    DEVICE_TABLE: place.at('devices'),
    BR2_EXTERNAL_CRAMFS_MAP_PATH: TREE,
  };
  return place.run('make', [
    ...['-f', `${STUB}/Makefile`],
    ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    ...argv,
  ]);
}

describe('rootfs.cramfs-xip', () => {
  test('is built under fakeroot with its devices, audited for the board, and passes', () => {
    configure({
      BR2_TARGET_ROOTFS_CRAMFS_MAP_PARTITION_SIZE: '"2M"',
      BR2_LINUX_KERNEL: 'y',
      BR2_LINUX_KERNEL_VERSION: '"6.12.30"',
    });
    const { code, stdout, stderr } = make();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('6.12.30 on i386, little endian, 4 KiB pages, image at 0x8040000');
    expect(stdout).toContain('XIP text   100.0 %');
    const listing = place.run('cramfs', ['ls', '-lR', 'output/images/rootfs.cramfs-xip']).stdout;
    expect(listing).toMatch(/crw-rw-rw- 0[/]0 +1, 3 null/);
    expect(listing).toMatch(/-rwxr-xr-x 0[/]0 +12772 init/);
    expect(place.read('output/images/cramfs-audit.xml')).toContain('<testsuites');
    expect(place.read('output/images/cramfs-audit.ndjson')).toContain('"type":"end"');
  });

  test('fails the build when the text of a program is no longer direct', () => {
    configure({ BR2_TARGET_ROOTFS_CRAMFS_MAP_MKFS_OPTS: '"--xip-files /lib/ld-musl-i386.so.1 /bin/hello"' });
    const { code, stdout, stderr } = make();
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/make: \*\*\* .*post-image/);
    expect(stdout).toMatch(/error .*\(policy\/over-budget\)/);
  });

  test('fails the build when a partition is too small for the programs, and when it is too small for the image', () => {
    configure({ BR2_TARGET_ROOTFS_CRAMFS_MAP_PARTITION_SIZE: '"512K"' });
    const programs = make();
    expect(programs.code).not.toBe(0);
    expect(programs.stdout).toMatch(/error .*\(policy\/over-budget\)/);
    configure({ BR2_TARGET_ROOTFS_CRAMFS_MAP_PARTITION_SIZE: '"64K"' });
    const image = make();
    expect(image.code).not.toBe(0);
    expect(image.stderr).toMatch(/cramfs mkfs: .*expected an image of at most 65536 bytes \(--flash-budget\)/);
    configure({
      BR2_TARGET_ROOTFS_CRAMFS_MAP_PARTITION_SIZE: '"512K"',
      BR2_TARGET_ROOTFS_CRAMFS_MAP_BUDGET: '"2M"',
    });
    const audit = make();
    expect(audit.code).not.toBe(0);
    expect(audit.stdout).toMatch(/error .*\(policy\/region-too-small\)/);
  });

  test('fails the build when the policy asks for more, and when it is not there', () => {
    place.write('policy.yaml', "version: 1\nrequires:\n  - { paths: /bin/nothing, direct: '100 %', segments: text }\n");
    configure({ BR2_TARGET_ROOTFS_CRAMFS_MAP_POLICY: '"$(O)/../policy.yaml"' });
    const more = make();
    expect(more.stdout).toContain('policy/requirement-unmatched');
    expect(more.code).not.toBe(0);
    configure({ BR2_TARGET_ROOTFS_CRAMFS_MAP_POLICY: '"missing.yaml"' });
    const missing = make();
    expect(missing.stderr).toContain('missing.yaml');
    expect(missing.code).not.toBe(0);
  });

  test('needs an address and the single file', () => {
    configure({ BR2_TARGET_ROOTFS_CRAMFS_MAP_PHYS: '""' });
    expect(make()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('BR2_TARGET_ROOTFS_CRAMFS_MAP_PHYS is not set') as unknown,
    });
    configure({ BR2_PACKAGE_HOST_CRAMFS_MAP_FILE: '"missing.cjs"' });
    expect(make()).toMatchObject({ code: 2, stderr: expect.stringContaining('no file missing.cjs') as unknown });
  });
});

describe('the machine of the audit', () => {
  /** What audit.sh passes to the tool. */
  function machine(options: Record<string, string>): string {
    mkdirSync(place.at('output/host/bin'), { recursive: true });
    place.write('output/host/bin/cramfs', '#!/bin/sh\necho "$*"\n');
    place.run('chmod', ['+x', place.at('output/host/bin/cramfs')]);
    configure(options);
    const env = { BR2_CONFIG: place.at('output/.config'), HOST_DIR: place.at('output/host'), CRAMFS_MAP_POLICY: '' };
    return place.run(`${TREE}/scripts/audit.sh`, ['images'], { env }).stdout.split('\n')[0] ?? '';
  }

  test.each([
    ['x86_64', {}, '--cpu=x86-64'],
    ['aarch64', { BR2_ARM64_PAGE_SIZE_16K: 'y' }, '--cpu=arm64 --page-size=16K'],
    ['arm', {}, '--cpu=arm'],
    ['arm', { BR2_USE_MMU: 'n' }, '--cpu=arm-m --kernel=nommu-6.12'],
    ['riscv32', {}, '--cpu=riscv32'],
    ['riscv64', { BR2_USE_MMU: 'n', BR2_TARGET_ROOTFS_CRAMFS_MAP_KERNEL: '"6.1.20"' }, '--cpu=riscv64 --kernel=nommu'],
    ['riscv64', { BR2_TARGET_ROOTFS_CRAMFS_MAP_KERNEL: '"6.1.20"' }, '--cpu=riscv64 --kernel=6.1.20'],
    ['riscv64', { BR2_TARGET_ROOTFS_CRAMFS_MAP_KERNEL: '"custom"' }, '--cpu=riscv64'],
    ['xtensa', { BR2_USE_MMU: 'n' }, '--cpu=xtensa --kernel=nommu-6.12'],
    ['powerpc', {}, ''],
  ] as const)('for %s %j is %s', (arch, options, expected) => {
    const line = machine({ BR2_ARCH: `"${arch}"`, ...options });
    expect(line).toContain(`audit images/rootfs.cramfs-xip --phys=0x08040000 --endian=little ${expected}`.trimEnd());
    expect(line.includes('--cpu')).toBe(expected.includes('--cpu'));
  });

  test('has the byte order and the partition of the configuration', () => {
    const line = machine({
      BR2_ARCH: '"mips"',
      BR2_ENDIAN: '"BIG"',
      BR2_TARGET_ROOTFS_CRAMFS_MAP_PARTITION_SIZE: '"4M"',
    });
    expect(line).toContain('--endian=big --cpu=mips --region=4M --format ndjson');
  });
});

test('makefiles and options name the same variables', () => {
  const options = readFileSync(`${TREE}/fs/cramfs-map/Config.in`, 'utf8');
  const named = [...options.matchAll(/^config BR2_TARGET_ROOTFS_CRAMFS_MAP_(\w+)$/gm)].map(([, name = '']) => name);
  const used = ['fs/cramfs-map/cramfs-map.mk', 'scripts/audit.sh']
    .map((file) => readFileSync(`${TREE}/${file}`, 'utf8'))
    .join('');
  expect(named.length).toBeGreaterThan(5);
  for (const name of named) expect(used).toMatch(new RegExp(`BR2_TARGET_ROOTFS_CRAMFS_MAP_${name}\\b|ours ${name}\\b`));
});
