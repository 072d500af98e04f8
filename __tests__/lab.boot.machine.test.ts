/** A boot from its beginning to its end, with a shell script in the place of QEMU. */
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { bootImage, bootLab } from '../kernel-lab/host/boot.node.ts';
import { AMD64, modulesOf } from '../kernel-lab/host/architectures.ts';
import { type LabRegion, planHeadLines } from '../kernel-lab/host/bootPlan.ts';
import type { Lab } from '../kernel-lab/host/build.node.ts';
import { run } from '../kernel-lab/host/programs.node.ts';
import { Folder } from './support/cli.ts';

const folder = new Folder();
const kernel = folder.file('vmlinux', 'the kernel');
const lab: Lab = {
  release: '6.1.0-56-amd64',
  architecture: AMD64,
  kernel,
  modules: Object.fromEntries(modulesOf(AMD64).map((name) => [name, folder.file(`${name}.ko`, `module ${name}`)])),
  init: folder.file('init', 'the init program'),
  qemu: `${folder.path}/qemu`,
};
const region: LabRegion = {
  name: 'a.cramfs',
  image: Buffer.from('the image'),
  physAddress: 0x1000_0000,
  regionBytes: 2 ** 26,
  requests: [{ type: 'read', path: '/a' }],
};

const line = planHeadLines() + 1;
const setup = {
  line,
  page_size: 4096,
  release: lab.release,
  mtd: 'mtd0: 04000000 00001000 "physmap-flash.0"',
  mount: null,
  kmsg: [],
};
const answer = { line: line + 1, errno: null, size: 1, bytes: 1, crc: ['00000000'] };
const START = '{"start":true}';
const results = [{ start: true }, setup, answer, { end: true }].map((result) => JSON.stringify(result)).join('\n');

/** A machine that runs `script`, which knows the files of its serial lines and of the image. */
function machine(script: string): void {
  const program = folder.file(
    'qemu',
    `#!/bin/sh
for argument; do
  case $argument in
    file:*/console) console=\${argument#file:} ;;
    file:*/results) results=\${argument#file:} ;;
    loader,*) image=\${argument#*file=} image=\${image%%,*} ;;
    */initramfs) initramfs=$argument ;;
  esac
done
dirname "$console" >'${folder.path}/used'
${script}
`,
  );
  chmodSync(program, 0o755);
}

afterAll(() => {
  folder.remove();
});

describe('a boot', () => {
  afterEach(() => {
    // The script has written down where its files were.
    const used = readFileSync(`${folder.path}/used`, 'utf8').trim();
    expect(used).toMatch(/cramfs-lab-/);
    expect(existsSync(used)).toBe(false);
  });

  test('hands over image and plan, and brings back a transcript', async () => {
    machine(`grep -q 'the image' "$image" && grep -aq 'read /a' "$initramfs" && grep -aq 'module cramfs_lab' "$initramfs" &&
echo '${results}' >"$results"`);
    const transcript = await bootImage(lab, region);
    expect(transcript.setup).toMatchObject({ image: 'a.cramfs', base: '0x10000000', mount: null });
    expect(transcript.records).toEqual([
      { type: 'read', path: '/a', errno: null, size: 1, bytes: 1, crc: ['00000000'] },
    ]);
  });

  test('in which the kernel crashes is told with the lines of its console', async () => {
    machine(`echo '${START}' >"$results"
printf 'quiet\\r\\n[ 2.1] BUG: kernel NULL pointer dereference\\r\\nCPU: 0\\r\\n' >"$console"`);
    await expect(bootLab(lab, [region])).rejects.toMatchObject({
      code: 'KERNEL_OOPS',
      message: 'Linux crashes on this image: BUG: kernel NULL pointer dereference when asked to mount a.cramfs',
      details: { log: ['BUG: kernel NULL pointer dereference', 'CPU: 0'] },
    });
  });

  const PANIC = 'Kernel panic - not syncing: IO-APIC + timer does not work!';

  test('in which the kernel crashes before it comes to the image is no fault of the image', async () => {
    machine(`echo again >>'${folder.path}/boots'; : >"$results"; echo '[ 0.1] ${PANIC}' >"$console"`);
    await expect(bootLab(lab, [region])).rejects.toMatchObject({
      code: 'LAB',
      message: `the kernel lab cannot start its kernel: ${PANIC}`,
      details: { log: [PANIC] },
    });
    expect(readFileSync(`${folder.path}/boots`, 'utf8')).toBe('again\nagain\n');
  });

  test('that fails so early is tried once more', async () => {
    machine(`if test -e '${folder.path}/tried'; then echo '${results}' >"$results"
else : >"$results"; echo '${PANIC}' >"$console"; : >'${folder.path}/tried'; fi`);
    expect((await bootImage(lab, region)).records).toHaveLength(1);
  });

  test.each([
    ['fails', 'echo no such machine >&2; exit 1', 'cannot run the virtual machine: qemu ended with status 1'],
    ['says nothing', 'exit 0', 'ended early: 0 results came'],
    ['stops in the middle', `printf '{"line":8,' >"$results"`, 'ended early: 0 results came'],
  ])('that %s is no transcript', async (_, script, message) => {
    machine(script);
    await expect(bootLab(lab, [region])).rejects.toMatchObject({ code: 'LAB', message: `the kernel lab ${message}` });
  });

  test('in which the kernel crashes names the request', async () => {
    machine(`printf '%s\\n' '${START}' '${JSON.stringify(setup)}' >"$results"; echo 'BUG: soft lockup' >"$console"`);
    await expect(bootLab(lab, [region])).rejects.toThrow(
      'Linux crashes on this image: BUG: soft lockup when asked to read /a',
    );
  });

  test('that does not end is given up', async () => {
    machine('echo waiting >"$console"; exec sleep 60');
    await expect(bootLab(lab, [region], { timeoutSeconds: 0.5 })).rejects.toMatchObject({
      message: 'the kernel lab gave up: the virtual machine was not done after 0.5 s',
      details: { log: ['waiting'] },
    });
  });

  test('ends when it is interrupted', async () => {
    machine('exec sleep 60');
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort();
    }, 200);
    await expect(bootLab(lab, [region], { signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('without its files is told as such', async () => {
    const broken = { ...lab, init: `${folder.path}/gone` };
    await expect(bootLab(broken, [region])).rejects.toThrow('the kernel lab cannot use its files: ENOENT');
  });
});

describe('a program', () => {
  test('that fails is told with what it said', async () => {
    await expect(
      run('sh', ['-c', 'echo one; echo two >&2; exit 3'], { what: 'cannot build it' }),
    ).rejects.toMatchObject({
      code: 'LAB',
      message: 'the kernel lab cannot build it: sh ended with status 3',
      details: { log: ['one', 'two'] },
    });
  });

  test('that is not there is told', async () => {
    await expect(run('no-such-program', [])).rejects.toMatchObject({
      message: 'the kernel lab cannot run no-such-program: no-such-program is not installed',
    });
  });

  test('takes its input and gives its output', async () => {
    expect((await run('cat', [], { input: Buffer.from('bytes') })).toString()).toBe('bytes');
  });
});
