/** The signature: "Compressed ROMFS". Linux does not look at it, other readers do. */
import { CRAMFS_FLAG_WRONG_SIGNATURE, CRAMFS_SIGNATURE } from '../../format/constants.ts';
import { decodeName, printableName } from '../../format/names.ts';
import { args, defineFinding, type Nothing } from '../../findings/definition.ts';
import { NOTHING } from '../words.ts';
import { defineRule } from '../rule.ts';

export const SIGNATURE_WRONG = defineFinding({
  id: 'image/signature-wrong',
  severity: 'error',
  scope: 'image',
  args: args<{ readonly found: string }>(),
  title: 'Wrong signature',
  cause: ({ found }) => `the signature is "${printableName(found)}", not "Compressed ROMFS"`,
  fix: (_, { rebuild }) => `rebuild the image: ${rebuild('--no-vendor')}`,
});

export const SIGNATURE_WAIVED = defineFinding({
  id: 'image/signature-waived',
  severity: 'note',
  scope: 'image',
  args: args<Nothing>(),
  title: 'Custom signature, flagged as such',
  cause: () => 'the signature is not "Compressed ROMFS", as the flag WRONG_SIGNATURE announces',
  fix: NOTHING,
});

export const signature = defineRule([SIGNATURE_WRONG, SIGNATURE_WAIVED], ({ image }, report) => ({
  superblock() {
    const offset = image.superblock.position + 16;
    const found = decodeName(image.superblock.signature);
    if (found === CRAMFS_SIGNATURE) return;
    if (image.hasFlag(CRAMFS_FLAG_WRONG_SIGNATURE)) report(SIGNATURE_WAIVED, offset, null, {});
    else report(SIGNATURE_WRONG, offset, null, { found });
  },
}));
