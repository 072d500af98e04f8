/** The recorded transcripts of real kernels, and what their setups do not tell. */
import { linux617 } from '../../lib/driver/models/mainline.ts';
import { CramfsImage } from '../../lib/image/image.ts';
import { decodeName } from '../../lib/format/names.ts';
import { parseTranscript } from '../../kernel-lab/host/parseRecords.ts';
import type { LabSetup, LabTranscript } from '../../kernel-lab/host/record.ts';
import type { ReplayOptions } from '../../kernel-lab/host/replay.ts';
import { fixture, fixtureNames } from './fixtures.ts';

/** Names of the recorded transcripts, of all kernels. */
export const transcriptNames: readonly string[] = ['transcripts', 'kernels/transcripts'].flatMap((folder) =>
  fixtureNames(folder).map((name) => `${folder}/${name}`),
);

/** Names of the recorded transcripts of ELF64 programs. */
export const elf64TranscriptNames: readonly string[] = fixtureNames('exec')
  .filter((name) => name.endsWith('.jsonl.gz'))
  .map((name) => `exec/${name}`);

const imageFile = (transcript: string, { image }: LabSetup): string => {
  if (transcript.startsWith('exec/')) return `exec/${image}.gz`;
  return image.startsWith('images/') && !image.includes('16') ? `${image}.gz` : `kernels/${image}.gz`;
};

/** A recorded transcript, its image, and the machine as far as the name of the transcript tells it. */
export function recorded(name: string): {
  readonly transcript: LabTranscript;
  readonly image: CramfsImage;
  readonly options: ReplayOptions;
} {
  const transcript = parseTranscript(Buffer.from(fixture(name)).toString('utf8'), name);
  return {
    transcript,
    image: CramfsImage.open(fixture(imageFile(name, transcript.setup)), { pageSize: transcript.setup.page_size }),
    options: {
      // A 7.3 with the one line of the 6.17 regression put back.
      kernel: name.includes('address-as-pfn') ? linux617 : undefined,
      physBits: name.includes('40bit') ? 40 : 46,
    },
  };
}

/** A transcript of a RISC-V kernel, and its image. */
export function riscvTranscript(name: string): { readonly transcript: LabTranscript; readonly image: CramfsImage } {
  const transcript = parseTranscript(decodeName(fixture(`riscv/transcripts/${name}`)), name);
  const own = /^rv(?:32|64)-a/.exec(name)?.[0];
  const file = own === undefined ? `images/${name.split('@')[0] ?? ''}` : `riscv/images/${own}`;
  return { transcript, image: CramfsImage.open(fixture(`${file}.cramfs.gz`), { pageSize: 4096 }) };
}
