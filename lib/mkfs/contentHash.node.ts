/** Content names by Node's SHA-256. */
import { createHash } from 'node:crypto';
import type { ContentHash } from './contentHash.ts';

/** SHA-256: no two contents have the same name. */
export const sha256Hash: ContentHash = {
  isCertain: true,
  of: (bytes) => createHash('sha256').update(bytes).digest('base64'),
};
