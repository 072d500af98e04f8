/** Modes that give more than most files should: set-user-ID, set-group-ID, writable by everybody. */
import { deviceNumber } from '../../format/inode.ts';
import { defineRule } from '../rule.ts';

const S_ISUID = 0o4000;
const S_ISGID = 0o2000;
const S_ISVTX = 0o1000;
const S_IWOTH = 0o2;

/** Character devices that everybody has to be able to write to, as major:minor. */
const FOR_EVERYBODY: ReadonlySet<string> = new Set([
  '1:3', // null
  '1:5', // zero
  '1:7', // full
  '1:8', // random
  '1:9', // urandom
  '5:0', // tty
  '5:2', // ptmx
]);

export const permissions = defineRule(
  ['security/setuid', 'security/setgid', 'security/world-writable'],
  (_, report) => ({
    special({ inode, path }) {
      const { mode, uid, gid, type, position, size } = inode;
      const place = { path, offset: position };
      if (type === 'file' && (mode & S_ISUID) !== 0) report('security/setuid', place, { mode, uid });
      // Of a directory it says to whom new files belong.
      if (type === 'file' && (mode & S_ISGID) !== 0) report('security/setgid', place, { mode, gid });
      if ((mode & S_IWOTH) === 0 || type === 'symlink' || type === 'unknown') return;
      if (type === 'directory' && (mode & S_ISVTX) !== 0) return;
      const { major, minor } = deviceNumber(size);
      if (type === 'chardev' && FOR_EVERYBODY.has(`${String(major)}:${String(minor)}`)) return;
      report('security/world-writable', place, { mode, type });
    },
  }),
);
