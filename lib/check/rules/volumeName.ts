/** The name of the volume: for people, who see it on terminals. */
import { args, defineFinding } from '../../findings/definition.ts';
import { decodeName, printableName } from '../../format/names.ts';
import { CONTROLS } from '../controls.ts';
import { defineRule } from '../rule.ts';

/** Byte offset of the name in the superblock. */
const NAME_OFFSET = 48;

export const VOLUME_NAME_CONTROL = defineFinding({
  id: 'image/volume-name-control',
  severity: 'note',
  scope: 'image',
  args: args<{ readonly name: string }>(),
  title: 'Control characters in the volume name',
  cause: ({ name }) => `the volume name "${printableName(name)}" contains control characters`,
  fix: (_, { rebuild }) => `set another name: ${rebuild('--name', 'NAME')}`,
});

export const volumeName = defineRule([VOLUME_NAME_CONTROL], ({ image }, report) => ({
  superblock() {
    const { name: stored, position } = image.superblock;
    const end = stored.indexOf(0);
    const name = decodeName(end === -1 ? stored : stored.subarray(0, end));
    if (CONTROLS.test(name)) report(VOLUME_NAME_CONTROL, position + NAME_OFFSET, null, { name });
  },
}));
