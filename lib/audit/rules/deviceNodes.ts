/** Device nodes. */
import { deviceNumber } from '../../format/inode.ts';
import { defineRule } from '../rule.ts';

export const deviceNodes = defineRule(['security/device-node'], (_, report) => ({
  entry(entry) {
    const { type, position, size } = entry.inode;
    if (type !== 'chardev' && type !== 'blockdev') return;
    report('security/device-node', { path: () => entry.path, offset: position }, { type, ...deviceNumber(size) });
  },
}));
