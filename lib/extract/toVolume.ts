/** An image as a memfs volume, for scripts that want an `fs`. */
import type { Volume } from 'memfs';
import { CramfsError } from '../base/errors.ts';
import type { CramfsImage } from '../image/image.ts';
import type { ExtractProblem } from './problem.ts';
import { extractTo, type ExtractToOptions } from './toFileSystem.ts';

/** How to make a volume. */
export interface ToVolumeOptions extends Omit<ExtractToOptions, 'anyNames'> {
  /** Gets what is wrong with single entries. Without it the first problem is thrown. */
  readonly onProblem?: ((problem: ExtractProblem) => void) | undefined;
}

/**
 * The files of an image, all in memory. Modes are those of the image, setuid bits too; device nodes, fifos and sockets are
 * left out, because memfs has none. Names that are no UTF-8 are as in format/names. memfs holds this process to modes and
 * owners, root or not: so files belong to this process unless `owners` is set, and a file of mode 0 needs a chmodSync().
 *
 * @example
 * const volume = await toVolume(image);
 * volume.readFileSync('/etc/passwd', 'utf8');
 * @throws CramfsError LIMIT, NOT_FOUND, USAGE, BAD_STRUCTURE, MOUNT_REFUSED, IO; without onProblem also for single entries
 */
export async function toVolume(image: CramfsImage, options: ToVolumeOptions = {}): Promise<Volume> {
  const memfs = await import('memfs');
  const volume = new memfs.Volume();
  const { onProblem, ...rest } = options;
  const { problems } = extractTo(volume, '/', image, { setuid: true, ...rest, anyNames: true });
  for (const problem of problems) {
    if (onProblem === undefined) {
      const { path, offset, message: found } = problem;
      throw new CramfsError('BAD_STRUCTURE', { path, offset: offset ?? undefined, what: 'an entry', found });
    }
    onProblem(problem);
  }
  return volume;
}
