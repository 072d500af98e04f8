import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { compatibleDirectBlocks } from '../lib/mkfs/compatibleXip.ts';
import { classicDeflate } from '../lib/mkfs/deflate.ts';
import { applyDeviceTable, parseDeviceTable } from '../lib/mkfs/deviceTable.ts';
import { directCompressor } from '../lib/mkfs/encodeFile.ts';
import { type BuildOptions, buildImage } from '../lib/mkfs/mkfs.ts';
import { mapOwners } from '../lib/mkfs/owners.ts';
import { tarTree } from '../lib/mkfs/source/tar.ts';
import { fixture } from './support/fixtures.ts';

interface MadeImage {
  readonly tool?: string;
  readonly args?: readonly string[];
  readonly tree?: string;
  readonly size: number;
  readonly sha256: string;
}

const { images } = JSON.parse(Buffer.from(fixture('index.json')).toString('utf8')) as {
  images: Record<string, MadeImage>;
};
/** Trees in which mkcramfs takes something for an ELF program, or for a hole, that others would not. */
const odd = JSON.parse(Buffer.from(fixture('mkcramfs/images.json')).toString('utf8')) as Record<string, MadeImage>;
const deflaters = { mkcramfs: directCompressor(classicDeflate(9)), 'mkfs.cramfs': directCompressor(classicDeflate(6)) };

/** Options of the reference tools as ours. */
function optionsFor(
  tool: string,
  args: readonly string[],
): { options: BuildOptions; table: string | null; squash: boolean } {
  const { compressor } = { compressor: deflaters[tool as keyof typeof deflaters] };
  const alwaysAnnounceHoles = tool === 'mkfs.cramfs';
  let options: BuildOptions = { compressor, truncate: true, keepRemnants: true, alwaysAnnounceHoles };
  let table: string | null = null;
  let xip = 0;
  let squash = false;
  for (let i = 0; i < args.length; i++) {
    const value = (): string => args[++i] ?? '';
    switch (args[i]) {
      case '-x':
        options = { ...options, storeIncompressible: true };
        break;
      case '-X': {
        const alignment = ++xip === 1 ? 8 : 4096;
        options = {
          ...options,
          storeIncompressible: true,
          chooseDirect: (bytes) => compatibleDirectBlocks(bytes, 4096),
          direct: { alignment, base: 0, layout: 'inline' },
        };
        break;
      }
      case '-z':
        options = { ...options, holes: true };
        break;
      case '-p':
        options = { ...options, bootPad: true };
        break;
      case '-B':
        options = { ...options, littleEndian: false };
        break;
      case '-N':
        options = { ...options, littleEndian: value() === 'little' };
        break;
      case '-i':
        options = { ...options, insert: fixture(value()) };
        break;
      case '-e':
        options = { ...options, edition: Number(value()) };
        break;
      case '-n':
        options = { ...options, name: value() };
        break;
      case '-q':
        squash = true;
        break;
      case '-D':
        table = Buffer.from(fixture(value())).toString('utf8');
        break;
      default:
        throw new Error(`unknown option ${String(args[i])}`);
    }
  }
  return { options, table, squash };
}

const cases = Object.entries(images).filter(
  ([name, image]) => image.tree !== undefined && image.tool !== undefined && name !== 'arch-XX',
);

test.each(Object.entries(odd))('mkcramfs reads headers and zeros in its own way: %s', async (_name, image) => {
  const { options } = optionsFor(image.tool ?? '', image.args ?? []);
  const { bytes } = await buildImage(tarTree(fixture(`mkcramfs/${image.tree ?? ''}.tar.gz`)), options);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(image.sha256);
});

test('mkfs.cramfs announces holes even where there are none', async () => {
  const { options } = optionsFor('mkfs.cramfs', ['-z']);
  const { bytes } = await buildImage(tarTree(fixture('mkcramfs/no-zeros.tar.gz')), options);
  expect(new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true)).toBe(0x103);
});

describe('compatible mode makes the bytes of the reference tools', () => {
  test.each(cases)('%s', async (_name, image) => {
    const { options, table, squash } = optionsFor(image.tool ?? '', image.args ?? []);
    const root = tarTree(fixture(`trees/${image.tree ?? ''}.tar.gz`));
    if (squash)
      mapOwners(
        root,
        () => 0,
        () => 0,
      );
    if (table !== null) applyDeviceTable(root, parseDeviceTable(table));
    const { bytes } = await buildImage(root, options);
    expect(bytes.length).toBe(image.size);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(image.sha256);
  });
});
