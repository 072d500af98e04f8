/**
 * What is done with each damaged image: everything that reads one. Bad data may surface as a CramfsError and as nothing else.
 */
import { checkImage } from '../../lib/check/checkImage.ts';
import { KERNEL_MODELS } from '../../lib/driver/models/index.ts';
import { CramfsError } from '../../lib/base/errors.ts';
import { execProgram } from '../../lib/exec/execProgram.ts';
import { extractToTar } from '../../lib/extract/toTar.ts';
import { readContent, readLink } from '../../lib/image/content.ts';
import { CramfsImage } from '../../lib/image/image.ts';
import { imageInfo } from '../../lib/inspect/imageInfo.ts';
import { openDetected } from '../../lib/inspect/openDetected.ts';
import { scan } from '../../lib/diagnose/scan.ts';
import { walk, type WalkEntry } from '../../lib/inspect/walk.ts';
import { checkJson } from '../../lib/report/checkJson.ts';
import { checkText } from '../../lib/report/checkText.ts';
import { execJson } from '../../lib/report/execJson.ts';
import { execText } from '../../lib/report/execText.ts';
import { mapJson } from '../../lib/report/mapJson.ts';
import { mapText } from '../../lib/report/mapText.ts';
import { scanJson } from '../../lib/report/scanJson.ts';
import { NO_COLOURS } from '../../lib/report/style.ts';
import { bytesSource } from '../../lib/source/byteSource.ts';
import { Board } from '../../lib/verdict/board.ts';
import type { Random } from './mutate.ts';

/** Entries and bytes of contents that are looked at, so that one execution stays short. */
const MAX_ENTRIES = 300;
const MAX_BYTES = 1 << 20;
const MAX_MAPPED = 4;
/** Bytes of erased flash before the image in a dump: no multiple of anything. */
const DUMP_START = 1337;
/** Bytes that an extraction may write. */
const MAX_EXTRACTED = 8 << 20;

/** What was done; `stage` tells where a failure happened. */
export interface Exercise {
  stage: string;
  /** Typed errors met, by code. */
  readonly errors: Map<string, number>;
}

/**
 * Uses an image in every way. The random numbers choose what is mapped and how.
 *
 * @throws whatever is not a CramfsError, and an Error where check finds nothing wrong with what cannot be read
 */
export async function exercise(bytes: Uint8Array, random: Random, run: Exercise): Promise<void> {
  const count = (error: unknown): null => {
    if (!(error instanceof CramfsError)) throw error;
    run.errors.set(error.code, (run.errors.get(error.code) ?? 0) + 1);
    return null;
  };
  const attempt = <T>(stage: string, action: () => T): T | null => {
    run.stage = stage;
    try {
      return action();
    } catch (error) {
      return count(error);
    }
  };
  const dump = new Uint8Array(DUMP_START + bytes.length).fill(0xff, 0, DUMP_START);
  dump.set(bytes, DUMP_START);
  attempt('scan', () => JSON.stringify([...scan(bytesSource(dump))].map(scanJson)));
  const image =
    attempt('open', () => openDetected(bytes)) ?? attempt('open', () => CramfsImage.open(bytes, { pageSize: 4096 }));
  if (image === null) return;

  const result = attempt('check', () => checkImage(image));
  if (result === null) throw new Error('check gave up on an image that opens');
  attempt('report', () => JSON.stringify(checkJson(result)) + checkText(result, 'image', NO_COLOURS, 80));
  attempt('info', () => imageInfo(image));

  // Whatever is changed, the checksum is wrong; that alone keeps nobody from reading.
  const crcErrors = result.findings.filter(({ id }) => id === 'image/crc-wrong').length;
  const sound = result.counts.error === crcErrors;
  const files: WalkEntry[] = [];
  const complaints: string[] = [];
  attempt('walk', () => {
    let bytesLeft = MAX_BYTES;
    const entries = walk(image, {
      maxEntries: MAX_ENTRIES,
      onProblem: ({ kind, error }) => {
        if (kind !== 'entries' && kind !== 'path') complaints.push(error.message);
      },
    });
    for (const entry of entries) {
      const { inode } = entry;
      if (inode.type === 'file') files.push(entry);
      if (inode.size > bytesLeft || (inode.type !== 'file' && inode.type !== 'symlink')) continue;
      bytesLeft -= inode.size;
      run.stage = 'read';
      try {
        readContent(image, inode);
        if (inode.type === 'symlink') readLink(image, inode);
      } catch (error) {
        if (!(error instanceof CramfsError)) throw error;
        complaints.push(error.message);
      }
      run.stage = 'walk';
    }
  });
  if (sound && complaints.length > 0) throw new Error(`check finds no error, but: ${complaints[0] ?? ''}`);

  run.stage = 'extract';
  await extractToTar(image, ignore, { limits: { maxBytes: MAX_EXTRACTED }, nextTurn }).catch(count);

  const kernel = KERNEL_MODELS[random(KERNEL_MODELS.length)];
  const board = attempt('board', () => new Board(image, { kernel, physBase: random(8) === 0 ? 0 : 0x1000_0000 }));
  if (board === null) return;
  for (let i = 0; i < MAX_MAPPED && files.length > 0; i++) {
    const entry = files[random(files.length)];
    if (entry === undefined) break;
    const request = {
      path: entry.path,
      offset: random(3) * image.pageSize,
      length: random(4) === 0 ? undefined : random(6) * image.pageSize,
      prot: ['r', 'rx', 'rw', '-'][random(4)],
      shared: random(3) === 0,
      populate: random(3) === 0,
    };
    const detail = { pages: true, crc: true };
    attempt('map', () => {
      const verdict = board.map(request, detail);
      run.stage = 'map report';
      JSON.stringify(mapJson(verdict, detail));
      mapText(verdict, { style: NO_COLOURS, width: 80, detail });
    });
    if (kernel?.nommu !== undefined) continue;
    attempt('exec', () => {
      const report = execProgram(board, { path: entry.path });
      run.stage = 'exec report';
      JSON.stringify(execJson(report, board.machine, true));
      execText(report, board.machine, { style: NO_COLOURS, width: 80, all: true });
    });
  }
}

/** Where an archive goes that nobody wants. */
function ignore(): void {
  return;
}

/** Extraction waits for nobody here. */
const nextTurn = (): Promise<void> => Promise.resolve();
