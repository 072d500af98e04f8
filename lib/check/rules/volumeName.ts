/** The name of the volume: for people, who see it on terminals. */
import { decodeName } from '../../format/names.ts';
import { CONTROLS } from '../controls.ts';
import { defineRule } from '../rule.ts';

/** Byte offset of the name in the superblock. */
const NAME_OFFSET = 48;

export const volumeName = defineRule(['VOLUME_NAME_CONTROL'], ({ image }, report) => ({
  superblock() {
    const { name: stored, position } = image.superblock;
    const end = stored.indexOf(0);
    const name = decodeName(end === -1 ? stored : stored.subarray(0, end));
    if (CONTROLS.test(name)) report('VOLUME_NAME_CONTROL', position + NAME_OFFSET, null, { name });
  },
}));
