/** `cramfs scan FILE` */
import { hexDigits } from '../../base/hex.ts';
import type { Command } from 'commander';
import { printableName } from '../../format/names.ts';
import { scan, type ScanHit } from '../../inspect/scan.ts';
import { scanJson } from '../../report/scanJson.ts';
import { SCHEMA_VERSION } from '../../report/mapJson.ts';
import { scanLines } from '../../report/scanText.ts';
import { scanRemarks } from '../../report/scanWords.ts';
import { addReportOptions, EXIT_CODES, openSource } from '../imageOptions.ts';
import { EXIT, type Io } from '../io.ts';
import { type ColourChoice, styleFor, widthFor } from '../style.ts';
import { writeImage } from '../writeImage.ts';

interface ScanOptions {
  readonly extractImages?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly color: ColourChoice;
}

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addReportOptions(
    command
      .description('Finds cramfs images in a firmware file or flash dump, at any alignment and of both byte orders.')
      .argument('<file>', 'the file, or - for standard input')
      .option('--extract-images <dir>', 'write each image to DIR/0xOFFSET.cramfs')
      .option('--force', 'overwrite files that are there'),
  )
    .addHelpText(
      'after',
      `
Exits with 1 when there is no image, or one that is damaged.
${EXIT_CODES}`,
    )
    .action((file: string, options: ScanOptions) => {
      done(scanFile(file, options, io));
    });
}

function scanFile(file: string, options: ScanOptions, io: Io): number {
  const source = openSource(file, io);
  try {
    const found: Record<string, unknown>[] = [];
    const style = styleFor(io, options.color);
    let good = true;
    for (const hit of scan(source)) {
      good &&= !scanRemarks(hit).some(({ trouble }) => trouble);
      const written = options.extractImages === undefined ? null : extract(hit, options.extractImages, options);
      found.push({ ...scanJson(hit), ...(written === null ? {} : { written }) });
      if (options.json === true) continue;
      const lines = scanLines(hit, style, widthFor(io));
      if (written !== null) lines.push(`  written to ${printableName(written)}`);
      io.stdout.write(`${found.length > 1 ? '\n' : ''}${lines.join('\n')}\n`);
    }
    if (options.json === true) {
      io.stdout.write(`${JSON.stringify({ schemaVersion: SCHEMA_VERSION, fileBytes: source.size, images: found })}\n`);
    } else if (found.length === 0) {
      io.stderr.write(`cramfs scan: there is no cramfs image in ${printableName(file)}\n`);
    }
    return good && found.length > 0 ? EXIT.ok : EXIT.findings;
  } finally {
    source.close();
  }
}

function extract(hit: ScanHit, directory: string, options: ScanOptions): string {
  const name = `0x${hexDigits(hit.offset, 8)}.cramfs`;
  return writeImage(hit.source, hit.present, directory, name, options.force === true);
}
