/** What depends on the release of Linux, and how a release goes from the options to audits and back. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { runCramfsMap } from '../lib/cli/run.ts';
import { kernelModel } from '../lib/driver/models/named.ts';
import { parsePolicy } from '../lib/policy/parsePolicy.ts';
import { Folder, runProgram } from './support/cli.ts';
import { cramfs } from './support/auditHelp.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

describe('a file of a type that Linux does not know', () => {
  const image = folder.fixture('malformed/143-mode-f.img');

  test.each(['linux-6.18', '7.3.4', '6.17.4', '6.12', '6.12.54', '6.1', '6.1.192', '6.1.0-56-amd64', '5.15.195'])(
    'is refused with EIO by %s',
    async (kernel) => {
      const { code, stderr } = await runProgram(runCramfsMap, [image, '/m', '--kernel', kernel]);
      expect(code).toBe(3);
      expect(stderr).toContain('EIO');
      expect(stderr).toContain('CRAMFS: Invalid file type 00000 for inode 77.');
    },
  );

  test.each(['linux-6.17', '6.17', '6.17.3', '6.12.53', '6.10', '4.15', 'patch-v1'])(
    'is a special file to %s',
    async (kernel) => {
      const { code, stderr } = await runProgram(runCramfsMap, [image, '/m', '--kernel', kernel]);
      expect(code).toBe(2);
      expect(stderr).toContain('it is a file of unknown type');
    },
  );
});

describe('a release as a kernel', () => {
  test.each(['4.15', 'linux-6.12', '6.12', '6.6.30', '6.18', '6.1.0-56-amd64'])('%s keeps its release', (name) => {
    const model = kernelModel(name);
    const [major = 0, minor = 0] = name.replace('linux-', '').split('.').map(Number);
    expect(model.release).toEqual([major, minor]);
    expect(kernelModel(model.name)).toEqual(model);
  });

  test('is kept by audits, with one worker and with more', async () => {
    const image = folder.fixture('view/sorted-flag-high-bytes.cramfs.gz');
    for (const jobs of ['1', '2']) {
      const argv = ['audit', image, image, '--kernel', '5.15.7', '--format', 'json', '--jobs', jobs];
      const { stdout } = await cramfs(argv);
      const { images: audited } = JSON.parse(stdout) as { images: { board: { kernel: string } }[] };
      expect(audited.map(({ board }) => board.kernel)).toEqual(['5.15.7', '5.15.7']);
    }
  });

  test('can be asked for in a policy', async () => {
    const kernelOf = async (text: string): Promise<string | undefined> =>
      (await parsePolicy(`version: 1\nkernel: ${text}\n`, 'p')).machine.kernel;
    expect(await kernelOf('6.6.30')).toBe('6.6.30');
    expect(await kernelOf('"6.12"')).toBe('6.12');
    await expect(kernelOf('6.12')).rejects.toMatchObject({
      details: { problems: [{ message: expect.stringContaining('in quotes') as unknown }] },
    });
    await expect(kernelOf('4.14.1')).rejects.toMatchObject({ code: 'BAD_POLICY' });
    await expect(kernelOf('linux-6.l')).rejects.toMatchObject({ code: 'BAD_POLICY' });
  });
});
