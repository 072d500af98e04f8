/** `cramfs report IMAGE`: the picture of an image as one HTML file. */
import { type Command, Option } from 'commander';
import { CramfsError } from '../../base/errors.ts';
import { CramfsImage } from '../../image/image.ts';
import type { AuditResult } from '../../audit/result.ts';
import { kernelModel } from '../../driver/models/named.ts';
import { openDetected } from '../../inspect/openDetected.ts';
import { survey } from '../../inspect/survey.ts';
import { type RegionOfStill, regionStill } from '../../page/draw/stills.ts';
import { regionPages } from '../../page/regionPages.ts';
import { packAccount } from '../../report/flashPages.ts';
import type { ByteSource } from '../../source/byteSource.ts';
import { Board } from '../../verdict/board.ts';
import { collectImage, REPORT_FORMAT, type ReportImage } from '../../page/reportData.ts';
import { pageWith } from '../../page/html.ts';
import { auditFile } from '../../workers/auditJob.ts';
import { type AuditCommandOptions, auditSetup } from '../audit/options.ts';
import { addMachineOptions } from '../boardOptions.ts';
import { announceDump, notAnImage } from '../diagnosisLine.ts';
import { addOffsetOptions, IMAGE_ARGUMENT } from '../imageOptions.ts';
import { openPlace } from '../imagePlace.ts';
import { installedText } from '../installed.ts';
import { readMachine } from '../machine.ts';
import { EXIT, type Io } from '../io.ts';
import { VERSION } from '../version.ts';
import { GROUPS, grouped } from '../help/groups.ts';
import { writeOutput } from '../outputFile.ts';
import { readFiles } from '../readFiles.ts';

interface ReportOptions extends AuditCommandOptions {
  readonly compare?: string;
  readonly embed?: boolean;
  readonly svg?: boolean;
}

const HELP = `
Examples:
  cramfs report fw.cramfs --output fw.html
  cramfs report new.cramfs --compare old.cramfs --policy policy.yaml -o new.html
  cramfs report fw.cramfs --svg > flash-map.svg

The file needs no network and no server: open it from disk. It holds the image's
metadata, and shows what a mapping of any file would do on any machine.

Exit codes:
  0 done   2 wrong usage, or a bad policy   3 an image cannot be read or is not
  cramfs, or a file cannot be read or written   70 internal error
`;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  command
    .description('Write a report of an image as one HTML file: flash map, files, verdicts for any mapping')
    .argument('<image>', IMAGE_ARGUMENT)
    .option('--compare <old>', 'compare with an older image');
  addOffsetOptions(command, 'the file');
  grouped(command, GROUPS.output, () =>
    command
      .option('-o, --output <file>', 'write the report to this file instead of standard output')
      .option('--embed', 'embed the whole image, so that every question can be answered')
      .addOption(new Option('--svg', 'write the flash map as an SVG picture instead').conflicts('embed')),
  );
  return addMachineOptions(command, io)
    .addHelpText('after', HELP)
    .action(async (image: string, options: ReportOptions) => {
      done(await report(image, { ...options, inflate: true }, io));
    });
}

async function report(file: string, options: ReportOptions, io: Io): Promise<number> {
  if (file === '-' && options.compare === '-') {
    throw new CramfsError('USAGE', { found: 'standard input cannot be both images' });
  }
  const text = options.svg === true ? await still(file, options, io) : await html(file, options, io);
  if (options.output === undefined) io.stdout.write(text);
  else {
    await writeOutput(options.output, Buffer.from(text, 'utf8'), {
      replaces: true,
      inputs: readFiles([file], options),
    });
  }
  return EXIT.ok;
}

async function html(file: string, options: ReportOptions, io: Io): Promise<string> {
  const page = readPage();
  const collect = ({ source, audit, setup }: Audited): ReportImage => {
    const machine = { ...setup.board, kernel: setup.kernel };
    return collectImage(source, { machine, audit, pageSize: setup.pageSize, embed: options.embed });
  };
  const image = await audited(file, options, io, collect);
  const old = options.compare === undefined ? null : await audited(options.compare, options, io, collect);
  return pageWith(page, { format: REPORT_FORMAT, version: VERSION, image, old });
}

/** The old image's map above the new one's. */
async function still(file: string, options: ReportOptions, io: Io): Promise<string> {
  const regions: RegionOfStill[] = [];
  for (const each of options.compare === undefined ? [file] : [options.compare, file]) {
    regions.push(
      await audited(each, options, io, ({ source, audit, setup }) => {
        const image = openDetected(source, { imageOffset: audit.imageOffset, pageSize: setup.pageSize });
        const board = new Board(image, { ...setup.board, kernel: kernelModel(setup.kernel) });
        const pages = regionPages(board, packAccount(survey(image).account), audit.findings);
        return { name: audit.image, board, pages };
      }),
    );
  }
  return regionStill(regions);
}

interface Audited {
  readonly source: ByteSource;
  readonly audit: AuditResult;
  readonly setup: ReturnType<typeof auditSetup>;
}

/** Audits a file, and closes it after its use. */
async function audited<Result>(
  file: string,
  options: ReportOptions,
  io: Io,
  use: (audited: Audited) => Result,
): Promise<Result> {
  const setup = auditSetup(options, await readMachine(options));
  const place = openPlace(file, options, io, setup.pageSize ?? null);
  const { source, imageOffset, imageNumber, path } = place;
  try {
    const target = { image: file, file: path, imageOffset, imageNumber };
    announceDump(place, CramfsImage.open(source, { imageOffset }), io);
    return use({ source, audit: await auditFile(target, source, setup, undefined), setup });
  } catch (error) {
    throw error instanceof CramfsError && error.code === 'NOT_CRAMFS' ? notAnImage(error, place, io) : error;
  } finally {
    source.close();
  }
}

/** The page that the build made, without data. @throws CramfsError IO */
function readPage(): string {
  const page = installedText('dist/page/report.html');
  if (page === null) throw new CramfsError('IO', { what: 'the page of reports', found: 'it is not installed' });
  return page;
}
