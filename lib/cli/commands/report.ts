/** `cramfs report IMAGE`: the picture of an image as one HTML file. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { CramfsError } from '../../base/errors.ts';
import { collectImage, REPORT_FORMAT, type ReportData, type ReportImage } from '../../page/reportData.ts';
import { pageWith } from '../../page/html.ts';
import { auditFile } from '../../workers/auditJob.ts';
import { type AuditCommandOptions, auditSetup } from '../audit/options.ts';
import { addMachineOptions } from '../boardOptions.ts';
import { IMAGE_ARGUMENT } from '../imageOptions.ts';
import { openSource } from '../imagePlace.ts';
import { readPolicy } from '../machine.ts';
import { EXIT, type Io } from '../io.ts';
import { VERSION } from '../version.ts';
import { writeOutput } from '../outputFile.ts';

interface ReportOptions extends AuditCommandOptions {
  readonly compare?: string;
  readonly embed?: boolean;
}

const HELP = `
The file needs no network and no server: open it from disk. It holds the image's
metadata, and shows what a mapping of any file would do on any machine.

Exit codes:
  0 done   2 wrong usage, or a bad policy   3 an image cannot be read or is not
  cramfs, or a file cannot be read or written   70 internal error
`;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addMachineOptions(
    command
      .description('Write a report of an image as one HTML file: flash map, files, verdicts for any mapping')
      .argument('<image>', IMAGE_ARGUMENT)
      .option('-o, --output <file>', 'write the report to this file instead of standard output')
      .option('--compare <old>', 'compare with an older image')
      .option('--embed', 'embed the whole image, so that every question can be answered'),
    io,
  )
    .option('--image-offset <n>', 'where the image starts in the file (default: 0)')
    .option('--page-size <n>', 'bytes of a block: 4K, 8K, 16K or 64K (default: detected from the image)')
    .addHelpText('after', HELP)
    .action(async (image: string, options: ReportOptions) => {
      done(await report(image, { ...options, inflate: true }, io));
    });
}

async function report(file: string, options: ReportOptions, io: Io): Promise<number> {
  if (file === '-' && options.compare === '-') {
    throw new CramfsError('USAGE', { found: 'standard input cannot be both images' });
  }
  const page = readPage();
  const image = await collect(file, options, io);
  const old = options.compare === undefined ? null : await collect(options.compare, options, io);
  const data: ReportData = { format: REPORT_FORMAT, version: VERSION, image, old };
  const html = pageWith(page, data);
  if (options.output === undefined) io.stdout.write(html);
  else await writeOutput(options.output, Buffer.from(html, 'utf8'), { replaces: true });
  return EXIT.ok;
}

async function collect(file: string, options: ReportOptions, io: Io): Promise<ReportImage> {
  const setup = auditSetup(options, await readPolicy(options.policy));
  const source = openSource(file, io);
  try {
    const audit = await auditFile(file, source, setup, undefined);
    const machine = { ...setup.board, kernel: setup.kernel };
    return collectImage(source, { machine, audit, pageSize: setup.pageSize, embed: options.embed });
  } finally {
    source.close();
  }
}

/** The page that the build made, without data. */
function readPage(): string {
  const here = typeof __dirname === 'string' ? __dirname : '';
  return readFileSync(join(dirname(here), 'page', 'report.html'), 'utf8');
}
declare const __dirname: string | undefined;
