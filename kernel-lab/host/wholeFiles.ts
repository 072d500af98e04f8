/** The requests for a user who only wants to know what a kernel does with the files of an image. */
import type { CramfsImage } from '../../lib/index.ts';
import { walk } from '../../lib/format.ts';
import type { LabRequest } from './record.ts';

/**
 * Each file of an image mapped whole, to read and to execute, and read. What the image has instead of files and
 * directories that can be read is left out.
 */
export function wholeFileRequests(image: CramfsImage): LabRequest[] {
  const requests: LabRequest[] = [];
  for (const { inode, path } of walk(image, { onProblem: () => undefined })) {
    if (inode.type !== 'file' || inode.size === 0) continue;
    const vector = { type: 'vector', path, length: inode.size, offset: 0, flags: 'private' } as const;
    requests.push({ ...vector, prot: 'r' }, { ...vector, prot: 'rx' }, { type: 'read', path });
  }
  return requests;
}
