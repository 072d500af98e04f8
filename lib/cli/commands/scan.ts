/** `cramfs scan FILE` */
import { hexDigits } from '../../base/hex.ts';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Command } from 'commander';
import { printableName } from '../../format/names.ts';
import { scan, type ScanHit } from '../../inspect/scan.ts';
import { scanJson } from '../../report/scanJson.ts';
import { SCHEMA_VERSION } from '../../report/mapJson.ts';
import { scanLines } from '../../report/scanText.ts';
import { scanRemarks } from '../../report/scanWords.ts';
import { addForceOption, addReportOptions, EXIT_CODES, openSource } from '../imageOptions.ts';
import { EXIT, type Io } from '../io.ts';
import { type ColourChoice, styleFor, widthFor } from '../style.ts';
import { complain } from '../complain.ts';
import { makeFolder, openOutput } from '../outputFile.ts';

/** Bytes written at a time. */
const CHUNK = 1 << 20;

interface ScanOptions {
  readonly extractImages?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly color: ColourChoice;
}

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  command
    .description('Find cramfs images in a firmware file or flash dump, at any alignment, in both byte orders')
    .argument('<file>', 'the file, or - for standard input')
    .option('--extract-images <dir>', 'write each image to DIR/0xOFFSET.cramfs');
  return addReportOptions(addForceOption(command))
    .addHelpText(
      'after',
      `
Exits with 1 if no image is found, or a damaged one.
${EXIT_CODES}`,
    )
    .action(async (file: string, options: ScanOptions) => {
      done(await scanFile(file, options, io));
    });
}

async function scanFile(file: string, options: ScanOptions, io: Io): Promise<number> {
  const source = openSource(file, io);
  try {
    if (options.extractImages !== undefined) makeFolder(options.extractImages);
    const found: Record<string, unknown>[] = [];
    const style = styleFor(io, options.color);
    let good = true;
    for (const hit of scan(source)) {
      good &&= !scanRemarks(hit).some(({ trouble }) => trouble);
      const written = options.extractImages === undefined ? null : await extract(hit, options.extractImages, options);
      found.push({ ...scanJson(hit), ...(written === null ? {} : { written }) });
      if (options.json === true) continue;
      const lines = scanLines(hit, style, widthFor(io));
      if (written !== null) lines.push(`  written to ${printableName(written)}`);
      io.stdout.write(`${found.length > 1 ? '\n' : ''}${lines.join('\n')}\n`);
    }
    if (options.json === true) {
      io.stdout.write(`${JSON.stringify({ schemaVersion: SCHEMA_VERSION, fileBytes: source.size, images: found })}\n`);
    } else if (found.length === 0) {
      complain(io, `cramfs scan: no cramfs image found in ${printableName(file)}`);
    }
    return good && found.length > 0 ? EXIT.ok : EXIT.findings;
  } finally {
    source.close();
  }
}

/** Writes an image to a file of its own; its path. */
async function extract(
  { source, offset, present }: ScanHit,
  directory: string,
  { force }: ScanOptions,
): Promise<string> {
  const path = join(directory, `0x${hexDigits(offset, 8)}.cramfs`);
  const output = openOutput(path, { replaces: force === true });
  try {
    for (let at = 0; at < present;) {
      const bytes = source.read(at, Math.min(CHUNK, present - at));
      if (bytes.length === 0) break;
      output.write(bytes);
      at += bytes.length;
      // Signals are taken between two pieces.
      await setImmediate();
    }
    output.commit();
  } finally {
    output.discard();
  }
  return path;
}
