/** The signature: "Compressed ROMFS". Linux does not look at it, other readers do. */
import { CRAMFS_FLAG_WRONG_SIGNATURE, CRAMFS_SIGNATURE } from '../../format/constants.ts';
import { decodeName } from '../../format/names.ts';
import { defineRule } from '../rule.ts';

export const signature = defineRule(['SIGNATURE_WRONG', 'SIGNATURE_WAIVED'], ({ image }, report) => ({
  superblock() {
    const offset = image.superblock.position + 16;
    const found = decodeName(image.superblock.signature);
    if (found === CRAMFS_SIGNATURE) return;
    if (image.hasFlag(CRAMFS_FLAG_WRONG_SIGNATURE)) report('SIGNATURE_WAIVED', offset, null, {});
    else report('SIGNATURE_WRONG', offset, null, { found });
  },
}));
