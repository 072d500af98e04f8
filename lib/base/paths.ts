/** Bytes of a path that Linux takes in one system call, its NUL included. */
export const PATH_MAX = 4096;

/** The same without the NUL. */
export const MAX_PATH_BYTES = PATH_MAX - 1;
