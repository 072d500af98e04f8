/** Bytes of a path that Linux takes in one system call, its NUL included. */
export const PATH_MAX = 4096;
