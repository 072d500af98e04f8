/** What was done to the files of an audit: the diagnosis of every command, for each image of many. */
import type { AuditDiagnosis, AuditedImage } from '../../audit/run.ts';
import { CramfsError } from '../../base/errors.ts';
import { diagnose } from '../../diagnose/diagnose.ts';
import type { ScanHit } from '../../diagnose/scan.ts';
import { CramfsImage } from '../../image/image.ts';
import { notAnImageWords } from '../../report/diagnosisWords.ts';
import type { ByteSource } from '../../source/byteSource.ts';
import type { AuditJob } from '../../workers/auditCrew.ts';
import { diagnosisLine, openedLine } from '../diagnosisLine.ts';

/**
 * Looks at the file of an image that is not whole. The command to go on with is the same however the run was divided, and
 * whatever format it writes: it has no other option.
 *
 * @param hit the image that --image chose
 * @throws CramfsError IO
 */
export function auditDiagnosis(
  { image: argument, imageOffset }: AuditJob,
  source: ByteSource,
  hit: ScanHit | null,
): AuditDiagnosis | null {
  const own = { commandLine: ['cramfs', 'audit', argument] };
  try {
    const image = CramfsImage.open(source, { imageOffset });
    return openedLine({ source, imageOffset, argument, hit }, image, own);
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    return error.code === 'NOT_CRAMFS' ? diagnosisLine(diagnose(source), argument, own) : null;
  }
}

/** Says of what is not an image what it is. */
export async function* withDiagnosis(images: AsyncIterable<AuditedImage>): AsyncGenerator<AuditedImage, void> {
  for await (const image of images) {
    const { diagnosis, error } = image;
    if (diagnosis === null || error === null) yield image;
    else yield { ...image, error: { ...error, message: notAnImageWords(diagnosis) } };
  }
}
