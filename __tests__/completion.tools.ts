/** Completion in real shells, at a terminal: what a user types, with the Tab key, and what the command then gets. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Folder } from './support/cli.ts';
import { fixture } from './support/fixtures.ts';
import { Prompt, SHELL_KINDS } from './support/prompt.ts';

const folder = new Folder();
beforeAll(() => {
  folder.file('fw.cramfs', fixture('images/root-XX.cramfs.gz'));
  folder.file('my image.cramfs', fixture('images/root-XX.cramfs.gz'));
  folder.file('bad.cramfs', 'this is not an image');
  folder.file('partitions.csv', 'nvs, data, nvs, 0x9000, 0x6000\nrootfs, data, 0x40, 0x40000, 1M\n');
  writeFileSync(join(folder.path, 'policy.yaml'), 'version: 1\n');
});
afterAll(() => {
  folder.remove();
});

describe.each(SHELL_KINDS)('$name', (kind) => {
  let prompt: Prompt;
  beforeAll(async () => {
    prompt = await Prompt.start(kind, folder.path);
  }, 60_000);
  afterAll(() => {
    prompt.close();
  });

  test.each([
    ['a command', 'cramfs compa\t', ['compare-kernels']],
    ['a command of a command', 'cramfs policy in\t', ['policy', 'init']],
    ['an option', 'cramfs extract --as-l\t', ['extract', '--as-linux-reads']],
    ['a file', 'cramfs ls fw\t', ['ls', 'fw.cramfs']],
    ['a file after an option', 'cramfs audit --policy pol\t', ['audit', '--policy', 'policy.yaml']],
    ['a file after "="', 'cramfs audit --policy=pol\t', ['audit', '--policy=policy.yaml']],
    ['a kernel', 'cramfs map --kernel linux-4\t', ['map', '--kernel', 'linux-4.15']],
    [
      'the last of several kernels',
      'cramfs map --compare-kernels linux-6.1,linux-4\t',
      ['map', '--compare-kernels', 'linux-6.1,linux-4.15'],
    ],
    ['a CPU', 'cramfs map --cpu riscv6\t', ['map', '--cpu', 'riscv64']],
    ['a format after "="', 'cramfs audit --format=sa\t', ['audit', '--format=sarif']],
    [
      'a partition of a table',
      'cramfs map --partition-table partitions.csv --partition ro\t',
      ['map', '--partition-table', 'partitions.csv', '--partition', 'rootfs'],
    ],
    ['a finding', 'cramfs explain xip/layout-b\t', ['explain', 'xip/layout-break']],
    ['a path in the image', 'cramfs map fw.cramfs /bin/coun\t', ['map', 'fw.cramfs', '/bin/counter']],
    ['a directory in the image, and on', 'cramfs cat fw.cramfs /et\tnot\t', ['cat', 'fw.cramfs', '/etc/notes']],
    [
      'a path in an image of a quoted name',
      'cramfs stat "my image.cramfs" /bin/coun\t',
      ['stat', 'my image.cramfs', '/bin/counter'],
    ],
    [
      'a path in an image of an escaped name',
      'cramfs stat my\\ image.cramfs /bin/coun\t',
      ['stat', 'my image.cramfs', '/bin/counter'],
    ],
    ['a path in quotes', "cramfs stat fw.cramfs '/bin/coun\t", ['stat', 'fw.cramfs', '/bin/counter']],
    ['a path in an image at an offset', 'cramfs stat fw.cramfs@0 /bin/coun\t', ['stat', 'fw.cramfs@0', '/bin/counter']],
    [
      'a path in an image in the home folder',
      'cramfs stat ~/fw.cramfs /bin/coun\t',
      ['stat', join(folder.path, 'fw.cramfs'), '/bin/counter'],
    ],
    ['a path of cramfs-map', 'cramfs-map fw.cramfs /bin/coun\t', ['fw.cramfs', '/bin/counter']],
    [
      'an option of cramfs-map',
      'cramfs-map fw.cramfs /bin/counter --popu\t',
      ['fw.cramfs', '/bin/counter', '--populate'],
    ],
    ['nothing in an image that is bad', 'cramfs stat bad.cramfs /bin/coun\t', ['stat', 'bad.cramfs', '/bin/coun']],
    ['nothing without an image', 'cramfs stat nowhere.cramfs /bin/coun\t', ['stat', 'nowhere.cramfs', '/bin/coun']],
    ['nothing where a number is wanted', 'cramfs map --length 1\t', ['map', '--length', '1']],
  ])('completes %s', async (_what, keys, words) => {
    expect(await prompt.enter(keys)).toEqual(words);
  });

  test('shows all that fits, and nothing of an error', async () => {
    const shown = await prompt.shownAfter('cramfs ls fw.cramfs /\t\t', '/proc/');
    for (const path of ['/bin/', '/dev/', '/etc/', '/proc/']) expect(shown).toContain(path);
    const none = await prompt.shownAfter('cramfs ls bad.cramfs /\t\t', 'bad.cramfs');
    expect(none).not.toMatch(/not a cramfs|Error|at file/);
  }, 60_000);
});
