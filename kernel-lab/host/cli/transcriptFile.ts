/** Transcripts and the images that they name, as files, which may be compressed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { decodeName } from '../../../lib/format.ts';
import { CramfsError } from '../../../lib/index.ts';
import { readBytes } from '../../../lib/cli/shared.ts';
import { parseTranscript } from '../parseRecords.ts';
import type { LabTranscript } from '../record.ts';

/** Longest file that is unpacked, in bytes. */
const MAX_UNPACKED = 2 ** 30;

/**
 * The bytes of a file; those of a name that ends in ".gz" are unpacked.
 *
 * @throws CramfsError IO
 */
export function readMaybePacked(file: string): Uint8Array {
  const bytes = readBytes(file);
  if (!file.endsWith('.gz')) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED });
  } catch (cause) {
    throw new CramfsError('IO', { what: file, found: cause instanceof Error ? cause.message : String(cause), cause });
  }
}

/**
 * A transcript from its file.
 *
 * @throws CramfsError IO, USAGE
 */
export function readTranscript(file: string): LabTranscript {
  return parseTranscript(decodeName(readMaybePacked(file)), file);
}

/**
 * The image that a transcript names.
 *
 * @param folder what its name is relative to
 * @throws CramfsError IO
 */
export function readImageOf({ setup }: LabTranscript, folder: string): Uint8Array {
  const file = join(folder, setup.image);
  return readMaybePacked(existsSync(file) ? file : `${file}.gz`);
}
