/** The compressors that listings name. */
import type { DeflateMethod } from '../../mkfs/deflate.node.ts';
import type { DeflateName } from '../../mkfs/listing/listing.ts';

/** The compressor of a name. */
export function deflateOf(name: DeflateName): DeflateMethod {
  if (name === 'fast') return { kind: 'fast' };
  return { kind: 'classic', level: name === 'classic-9' ? 9 : 6 };
}
