/** `cramfs manifest IMAGE`: metadata and hash of every file. */
import { createHash } from 'node:crypto';
import { type Command, Option } from 'commander';
import { encodeName } from '../../format/names.ts';
import { manifestFiles } from '../../extract/manifest.ts';
import type { CramfsImage } from '../../image/image.ts';
import { MANIFEST_FORMATS, type ManifestFormatName } from '../../report/manifest.ts';
import { grouped, GROUPS } from '../help/groups.ts';
import { addImageOptions, EXIT_CODES, IMAGE_ARGUMENT, type ImageOptions, withImage } from '../imageOptions.ts';
import type { Io } from '../io.ts';
import { ListingProblems } from '../listing.ts';
import { parseNumber } from '../numbers.ts';
import { openOutput } from '../outputFile.ts';
import { VERSION } from '../version.ts';
import { readFiles } from '../readFiles.ts';

interface ManifestOptions extends ImageOptions {
  readonly format: ManifestFormatName;
  readonly output?: string;
}

const NOTES = `
Examples:
  cramfs manifest fw.cramfs
  cramfs manifest fw.cramfs --format sha256sum | (cd rootfs && sha256sum -c)
  cramfs manifest fw.cramfs --format cyclonedx --output fw.cdx.json

Hashes are those of the contents as stored, which "cramfs extract" writes.
${EXIT_CODES}`;

/** Bytes that are hashed at a time. */
const PIECE = 1 << 20;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  command
    .description('Write a manifest: hash, size, mode, owner, device, link target and image offset of every file')
    .argument('<image>', IMAGE_ARGUMENT);
  grouped(command, GROUPS.output, () =>
    command
      .addOption(
        new Option('--format <name>', 'form of the manifest').choices(Object.keys(MANIFEST_FORMATS)).default('mtree'),
      )
      .option('--json', 'same as --format json')
      .option('-o, --output <file>', 'write the manifest to a file, atomically'),
  );
  return addImageOptions(command, { report: false })
    .addHelpText('after', NOTES)
    .action((file: string, options: ManifestOptions) => {
      const chosen = options.json === true ? { ...options, format: 'json' as const } : options;
      done(withImage(file, options, io, (image) => manifest(image, file, chosen, io)));
    });
}

function manifest(image: CramfsImage, name: string, options: ManifestOptions, io: Io): number {
  const { format, output, imageOffset } = options;
  const problems = new ListingProblems(io, 'manifest', false);
  const form = MANIFEST_FORMATS[format];
  const file = output === undefined ? null : openOutput(output, { replaces: true, inputs: readFiles([name], options) });
  try {
    // Names may have bytes that are not valid UTF-8, and the manifest has the same.
    const write = (text: string): void => {
      const bytes = encodeName(text);
      if (file === null) io.stdout.writeBytes(bytes);
      else file.write(bytes);
    };
    const offset = imageOffset === undefined ? 0 : parseNumber(imageOffset, '--image-offset', image.pageSize);
    write(form.header({ name, offset, size: image.size, sha256: imageHash(image) }, VERSION));
    const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
    let isFirst = true;
    const onProblem = problems.add.bind(problems);
    for (const entry of manifestFiles(image, { sha256, onProblem })) {
      const text = form.file(entry, isFirst);
      if (text === null) continue;
      isFirst = false;
      write(text);
    }
    write(form.footer());
    file?.commit();
  } finally {
    file?.discard();
  }
  return problems.finish();
}

/** The hash of the file system's bytes. */
function imageHash(image: CramfsImage): string {
  const hash = createHash('sha256');
  const end = Math.min(image.size, image.source.size);
  for (let at = 0; at < end; at += PIECE) hash.update(image.source.read(at, Math.min(PIECE, end - at)));
  return hash.digest('hex');
}
