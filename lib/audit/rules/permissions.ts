/** Modes that give more than most files should: set-user-ID, set-group-ID, writable by everybody. */
import { deviceNumber, type FileType } from '../../format/inode.ts';
import { args, defineFinding } from '../../findings/definition.ts';
import { octal } from '../words.ts';
import { defineRule } from '../rule.ts';

export const SETUID = defineFinding({
  id: 'security/setuid',
  severity: 'warning',
  scope: 'entry',
  args: args<{ readonly mode: number; readonly uid: number }>(),
  distinct: ({ uid }) => [uid],
  title: 'Set-user-ID program',
  cause: ({ mode, uid }) => `mode ${octal(mode)}: the program always runs as user ${String(uid)}`,
  fix: 'clear the set-user-ID bit, or add an exception with the reason for it',
  options: ['allow'],
});

export const SETGID = defineFinding({
  id: 'security/setgid',
  severity: 'warning',
  scope: 'entry',
  args: args<{ readonly mode: number; readonly gid: number }>(),
  distinct: ({ gid }) => [gid],
  title: 'Set-group-ID program',
  cause: ({ mode, gid }) => `mode ${octal(mode)}: the program always runs as group ${String(gid)}`,
  fix: 'clear the set-group-ID bit, or add an exception with the reason for it',
  options: ['allow'],
});

export const WORLD_WRITABLE = defineFinding({
  id: 'security/world-writable',
  severity: 'warning',
  scope: 'entry',
  args: args<{ readonly mode: number; readonly type: FileType }>(),
  distinct: ({ type }) => [type],
  title: 'World-writable file or directory',
  cause: ({ mode, type }) =>
    `the ${type === 'directory' ? 'directory' : 'file'} has mode ${octal(mode)}: once unpacked, every user can write to it`,
  fix: 'remove write permission for others, or set the sticky bit of a directory that needs it',
  options: ['allow'],
});

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

export const permissions = defineRule([SETUID, SETGID, WORLD_WRITABLE], (_, report) => ({
  special({ inode, path }) {
    const { mode, uid, gid, type, position, size } = inode;
    const place = { path, offset: position };
    if (type === 'file' && (mode & S_ISUID) !== 0) report(SETUID, place, { mode, uid });
    // Of a directory it says to whom new files belong.
    if (type === 'file' && (mode & S_ISGID) !== 0) report(SETGID, place, { mode, gid });
    if ((mode & S_IWOTH) === 0 || type === 'symlink' || type === 'unknown') return;
    if (type === 'directory' && (mode & S_ISVTX) !== 0) return;
    const { major, minor } = deviceNumber(size);
    if (type === 'chardev' && FOR_EVERYBODY.has(`${String(major)}:${String(minor)}`)) return;
    report(WORLD_WRITABLE, place, { mode, type });
  },
}));
