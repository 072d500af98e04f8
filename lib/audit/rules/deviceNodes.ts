/** Device nodes. */
import { deviceNumber } from '../../format/inode.ts';
import { args, defineFinding } from '../../findings/definition.ts';
import { defineRule } from '../rule.ts';

export const DEVICE_NODE = defineFinding({
  id: 'security/device-node',
  severity: 'note',
  scope: 'entry',
  args: args<{ readonly type: 'chardev' | 'blockdev'; readonly major: number; readonly minor: number }>(),
  distinct: ({ type, major, minor }) => [type, major, minor],
  title: 'Device node',
  cause: ({ type, major, minor }) =>
    `the image contains a node of ${type === 'chardev' ? 'character' : 'block'} device ${String(major)}:${String(minor)}`,
  fix: 'let devtmpfs create device nodes, or add an exception for those that are needed before it is mounted',
  options: ['allow'],
});

export const deviceNodes = defineRule([DEVICE_NODE], (_, report) => ({
  special({ inode, path }) {
    const { type, position, size } = inode;
    if (type !== 'chardev' && type !== 'blockdev') return;
    report(DEVICE_NODE, { path, offset: position }, { type, ...deviceNumber(size) });
  },
}));
