/** Error numbers of the system calls that are emulated, by name. */
export type Errno =
  | 'EACCES'
  | 'EAGAIN'
  | 'EFAULT'
  | 'EINVAL'
  | 'EIO'
  | 'EISDIR'
  | 'ELOOP'
  | 'ENAMETOOLONG'
  | 'ENODEV'
  | 'ENOENT'
  | 'ENOMEM'
  | 'ENOSYS'
  | 'ENOTDIR'
  | 'EOVERFLOW'
  | 'EPERM'
  | 'EROFS';
