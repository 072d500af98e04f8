/** When what is extracted gets its name: nothing that is not whole has it. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { TargetDirectory } from '../lib/extract/targetDirectory.node.ts';
import { extractToDirectory } from '../lib/extract/toDirectory.node.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { withFolder } from './support/extractHelp.ts';
import { buildRawImage, type RawEntry } from './support/rawImage.ts';

const files = (count: number): RawEntry[] =>
  Array.from({ length: count }, (_, index) => ({
    type: 'file',
    name: `f${String(index).padStart(4, '0')}`,
    blocks: [{ kind: 'zlib', data: Buffer.from(`content ${String(index)}`) }],
  }));

describe('a new directory', () => {
  test('is empty until all in it is whole', async () => {
    const image = CramfsImage.open(
      buildRawImage({
        entries: [
          {
            type: 'directory',
            name: 'dir',
            mode: 0o500,
            entries: [...files(600), { type: 'directory', name: 'sub', entries: files(300) }],
          },
        ],
      }),
    );
    await withFolder(async (folder) => {
      const out = join(folder, 'out');
      const seen: string[][] = [];
      const { files: count } = await extractToDirectory(image, out, {
        onProgress: () => seen.push(readdirSync(join(out, 'dir'))),
      });
      expect(count).toBe(900);
      expect(seen.length).toBeGreaterThan(3);
      expect(seen.flat()).toEqual([]);
      expect(readdirSync(out)).toEqual(['dir']);
      expect(readdirSync(join(out, 'dir')).length).toBe(601);
      expect(readFileSync(join(out, 'dir/sub/f0299'), 'utf8')).toBe('content 299');
    });
  });

  test('gets its name with what is whole when it is interrupted', async () => {
    const image = CramfsImage.open(
      buildRawImage({ entries: [{ type: 'directory', name: 'dir', entries: files(600) }] }),
    );
    await withFolder(async (folder) => {
      const stop = new AbortController();
      const { ended, files: count } = await extractToDirectory(image, join(folder, 'out'), {
        signal: stop.signal,
        onProgress: () => {
          stop.abort();
        },
      });
      expect(ended).toBe('interrupted');
      expect(count).toBeLessThan(600);
      expect(readdirSync(join(folder, 'out'))).toEqual(['dir']);
      expect(readdirSync(join(folder, 'out/dir')).length).toBe(count);
    });
  });

  test('that another one took the place of is removed, and the other one stays as it is', async () => {
    await withFolder((folder) => {
      mkdirSync(join(folder, 'elsewhere'));
      for (const replace of [
        () => {
          mkdirSync(join(folder, 'dir'));
          writeFileSync(join(folder, 'dir', 'theirs'), '');
        },
        () => {
          mkdirSync(join(folder, 'dir'));
        },
        () => {
          symlinkSync('elsewhere', join(folder, 'dir'));
        },
        () => {
          writeFileSync(join(folder, 'dir'), '');
        },
      ]) {
        const root = TargetDirectory.openRoot(folder, '.cramfs-0123').directory;
        const directory = root.enter('dir', false);
        writeFileSync(directory.path('ours'), 'ours');
        renameSync(join(folder, 'dir'), join(folder, 'away'));
        replace();
        const before = existsSync(join(folder, 'dir/theirs'));
        expect(() => {
          directory.publish();
        }).toThrow('ELOOP');
        directory.close();
        root.close();
        expect(existsSync(join(folder, 'dir/theirs'))).toBe(before);
        expect(existsSync(join(folder, 'dir/ours'))).toBe(false);
        expect(readdirSync(join(folder, 'elsewhere'))).toEqual([]);
        expect(readdirSync(folder).sort()).toEqual(['away', 'dir', 'elsewhere']);
        for (const name of ['dir', 'away']) rmSync(join(folder, name), { recursive: true });
      }
      return Promise.resolve();
    });
  });

  test('with something new in it is not replaced', async () => {
    await withFolder((folder) => {
      const root = TargetDirectory.openRoot(folder, '.cramfs-0123').directory;
      const directory = root.enter('dir', false);
      writeFileSync(directory.path('ours'), 'ours');
      writeFileSync(join(folder, 'dir', 'theirs'), 'theirs');
      expect(() => {
        directory.publish();
      }).toThrow('ENOTEMPTY');
      directory.close();
      root.close();
      expect(readdirSync(join(folder, 'dir'))).toEqual(['theirs']);
      expect(readdirSync(folder)).toEqual(['dir']);
      return Promise.resolve();
    });
  });
});
