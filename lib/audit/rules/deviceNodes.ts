/** Device nodes. */
import { deviceNumber } from '../../format/inode.ts';
import { defineRule } from '../rule.ts';

export const deviceNodes = defineRule(['security/device-node'], (_, report) => ({
  special({ inode, path }) {
    const { type, position, size } = inode;
    if (type !== 'chardev' && type !== 'blockdev') return;
    report('security/device-node', { path, offset: position }, { type, ...deviceNumber(size) });
  },
}));
