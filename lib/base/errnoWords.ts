/**
 * What an operating system's error means, in words.
 */

/** Error numbers' names, and what they mean for a file that is opened, read or written. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['ENOENT', 'there is no such file'],
  ['ENOTDIR', 'a part of the path is not a directory'],
  ['ENAMETOOLONG', 'the name is too long'],
  ['ELOOP', 'too many symbolic links'],
  ['EISDIR', 'it is a directory'],
  ['EEXIST', 'it exists already'],
  ['ENOSPC', 'no space left on the device'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EFBIG', 'the file system does not take a file of that size'],
  ['EROFS', 'the file system is read-only'],
  ['EMFILE', 'too many open files'],
  ['ENFILE', 'too many open files'],
  ['ENOMEM', 'out of memory'],
  ['EIO', 'input/output error'],
  ['ENXIO', 'there is no such device'],
  ['ENODEV', 'there is no such device'],
  ['EBUSY', 'it is in use'],
  ['ETXTBSY', 'it is a program that is running'],
  ['EPIPE', 'the reader is gone'],
  ['EINVAL', 'the file system does not take such a name or file'],
  ['EILSEQ', 'the file system does not take such a name or file'],
  ['ERR_INVALID_ARG_VALUE', 'a path cannot have a NUL'],
]);

/** The name of the error number, as ENOENT; null for errors of other kinds. */
export function errnoName(error: unknown): string | null {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : null;
}

/** An error of the file system in words, without a path. */
export function errnoWords(error: unknown): string {
  const name = errnoName(error);
  const words = name === null ? undefined : WORDS.get(name);
  if (words !== undefined) return words;
  const message = error instanceof Error ? error.message : String(error);
  // Node: "ECODE: words, call 'path'".
  return message.replace(/^[A-Z_0-9]+: /, '').replace(/,.*/s, '');
}
