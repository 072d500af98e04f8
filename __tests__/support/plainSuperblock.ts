/** The superblock of an image without a CRC, for trees that tests write inode by inode. */
import { encodeSuperblock } from '../../lib/format/superblock.ts';

type Fields = Parameters<typeof encodeSuperblock>[0];

/** @param fields what the test is about: the size and the root, mostly */
export function plainSuperblock(fields: Pick<Fields, 'size' | 'root'>): ReturnType<typeof encodeSuperblock> {
  return encodeSuperblock({
    littleEndian: true,
    flags: 3,
    future: 0,
    signature: Buffer.from('Compressed ROMFS'),
    crc: 0,
    edition: 0,
    blocks: 0,
    files: 0,
    name: new Uint8Array(16),
    ...fields,
  });
}
