/** "Did you mean /bin/hello?" for paths in an image. */
import { CramfsError } from '../base/errors.ts';
import type { CramfsImage } from '../image/image.ts';
import { nearPaths } from '../inspect/nearPaths.ts';
import { quoted } from './shell.ts';

/** What was thrown; an error about a path that is not in the image names those that it may be meant for. */
export function withNearPaths(error: unknown, image: CramfsImage): unknown {
  if (!(error instanceof CramfsError) || error.code !== 'NOT_FOUND') return error;
  const { path, what, near } = error.details;
  // An error with words of its own is about a dangling link, not a misspelt path.
  if (path === undefined || what !== undefined || near !== undefined) return error;
  return new CramfsError(error.code, { ...error.details, near: nearPaths(image, path).map(quoted) });
}
