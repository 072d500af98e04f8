/** `cramfs scan FILE` */
import { jsonText } from '../../base/json.ts';
import { hexDigits } from '../../base/hex.ts';
import { lstatSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Command } from 'commander';
import { printableName } from '../../format/names.ts';
import { diagnosisOf, Unpacking } from '../../diagnose/diagnose.ts';
import { scan, type ScanHit } from '../../diagnose/scan.ts';
import type { Member } from '../../diagnose/undone.ts';
import { tooLargeWords } from '../../report/diagnosisWords.ts';
import { scanJson } from '../../report/scanJson.ts';
import { SCHEMA_VERSION } from '../../report/mapJson.ts';
import { scanLines } from '../../report/scanText.ts';
import { scanRemarks } from '../../report/scanWords.ts';
import { diagnosisLine } from '../diagnosisLine.ts';
import { diagnosisLineText } from '../../report/diagnosisWords.ts';
import { addForceOption, addReportOptions, EXIT_CODES } from '../imageOptions.ts';
import { openSource } from '../imagePlace.ts';
import { eachImage, type ImageOutcome } from '../manyImages.ts';
import { nextCommand } from '../nextStep.ts';
import { EXIT, type Io } from '../io.ts';
import { type ColourChoice, styleFor, widthFor } from '../style.ts';
import { complain } from '../complain.ts';
import { makeFolder, openOutput } from '../outputFile.ts';
import { readFiles } from '../readFiles.ts';
import { usage } from '../usage.ts';

/** Bytes written at a time. */
const CHUNK = 1 << 20;

interface ScanOptions {
  readonly extractImages?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly color: ColourChoice;
}

/** What all files of a run share. */
interface ScanOutputs {
  readonly inputs: readonly string[];
  /** Paths of images that were written. */
  readonly written: Set<string>;
}

/** A file's place in the run. */
interface ScanPlace {
  readonly outputs: ScanOutputs;
  readonly place: number;
  readonly many: boolean;
}

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  command
    .description(
      'Find cramfs images in firmware files and flash dumps: at any alignment, in both byte orders, with bytes swapped, with NAND spare bytes, in gzip and zip members, in UBI volumes, and in text such as hex dumps',
    )
    .argument('<files...>', 'the files, or - for standard input')
    .option('--extract-images <dir>', 'write each image to DIR/0xOFFSET.cramfs, with all that was done to it undone');
  return addReportOptions(addForceOption(command))
    .addHelpText(
      'after',
      `
Examples:
  cramfs scan flash.bin
  cramfs scan flash.bin --extract-images found

Exits with 1 if no image is found, or a damaged one.
With several files each image is written to DIR/NAME-0xOFFSET.cramfs, and --json
prints one line for each file.
${EXIT_CODES}`,
    )
    .action(async (files: string[], options: ScanOptions) => {
      const outputs: ScanOutputs = { inputs: readFiles(files, {}), written: new Set() };
      const many = { io, program: 'cramfs scan', json: options.json === true, columns: ['images', ''] };
      done(
        await eachImage(files, many, (file, own, place) =>
          scanFile(file, { ...options, outputs, place, many: files.length > 1 }, own),
        ),
      );
    });
}

async function scanFile(
  file: string,
  { outputs, place, many: isOneOfMany, ...options }: ScanOptions & ScanPlace,
  io: Io,
): Promise<ImageOutcome> {
  const source = openSource(file, io);
  try {
    if (options.extractImages !== undefined) makeFolder(options.extractImages);
    const prefix = isOneOfMany ? `${basename(file)}-` : '';
    const found: Record<string, unknown>[] = [];
    const hits: ScanHit[] = [];
    const unpacking = new Unpacking();
    const onTooLarge = (member: Member, limit: number): void => {
      unpacking.onTooLarge(member, limit);
      if (options.json !== true) complain(io, `cramfs scan: ${tooLargeWords({ member, limit })}`);
    };
    const style = styleFor(io, options.color);
    if (isOneOfMany && options.json !== true) {
      io.stdout.write(`${place > 0 ? '\n' : ''}${style.strong(printableName(file))}:\n`);
    }
    let good = true;
    for (const hit of scan(source, {
      onTooLarge,
      onGunzipped: unpacking.onGunzipped,
      onSkipped: unpacking.onSkipped,
      onHalf: unpacking.onHalf,
    })) {
      hits.push(hit);
      good &&= !scanRemarks(hit).some(({ trouble }) => trouble);
      const written =
        options.extractImages === undefined
          ? null
          : await extract(
              hit,
              join(options.extractImages, `${prefix}${fileName(hit)}`),
              options.force === true,
              outputs,
            );
      found.push({ ...scanJson(hit), ...(written === null ? {} : { written }) });
      if (options.json === true) continue;
      const lines = scanLines(hit, lookCommand(hit, hits.length, file), style, widthFor(io));
      if (written !== null) lines.push(`  written to ${printableName(written)}`);
      io.stdout.write(`${found.length > 1 ? '\n' : ''}${lines.join('\n')}\n`);
    }
    const line = hits.length > 0 ? null : diagnosisLine(diagnosisOf(source, hits, unpacking), file, LIST);
    if (options.json === true) {
      const named = isOneOfMany ? { file } : {};
      const result = { ...named, fileBytes: source.size, images: found, tooLarge: unpacking.tooLarge, diagnosis: line };
      io.stdout.write(`${jsonText({ schemaVersion: SCHEMA_VERSION, ...result })}\n`);
    } else if (line !== null) {
      complain(io, `cramfs scan: no cramfs image found in ${printableName(file)}: ${diagnosisLineText(line)}`);
    }
    const state = line === null ? (good ? 'good' : 'damaged or changed') : line.message;
    return { code: good && hits.length > 0 ? EXIT.ok : EXIT.findings, cells: [String(hits.length), state] };
  } finally {
    source.close();
  }
}

/** What is shown to go on with: a listing. */
const LIST = { commandLine: undefined };

/** The command that lists an image's files; null where the file's name alone does. */
function lookCommand(hit: ScanHit, index: number, file: string): string | null {
  const plain = hit.undone.length === 0 && hit.within.length === 0;
  if (plain && hit.offset === 0) return null;
  const step = plain ? ({ kind: 'offset', offset: hit.offset } as const) : ({ kind: 'image', index } as const);
  return nextCommand(step, file, { commandLine: ['cramfs', 'ls', file] });
}

/** The file of an image: where it was found. */
function fileName({ offset, within }: ScanHit): string {
  const members = within.map((member) => `0x${hexDigits(member.offset, 8)}-${member.format}-`).join('');
  return `${members}0x${hexDigits(offset, 8)}.cramfs`;
}

/** Writes an image to a file of its own; its path. */
async function extract(
  { source, present }: ScanHit,
  path: string,
  replaces: boolean,
  { inputs, written }: ScanOutputs,
): Promise<string> {
  if (written.has(path)) usage(`cannot write ${path}: an image of another file has that name already`);
  // Nothing is written outside the folder.
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    usage(`cannot write ${path}: it is a symbolic link`);
  }
  const output = openOutput(path, { replaces, inputs });
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
    written.add(path);
  } finally {
    output.discard();
  }
  return path;
}
