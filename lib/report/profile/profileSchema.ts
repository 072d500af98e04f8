/** The JSON Schemas of `cramfs profile --json` and `cramfs profile --check --json`. */
import type { CaptureKind } from '../../profile/capture.ts';
import type { ImageVariant } from '../../profile/check/causes.ts';
import type { DifferenceKind } from '../../profile/check/compare.ts';
import {
  count,
  described,
  flag,
  hexadecimal,
  keyOf,
  list,
  nullable,
  number,
  object,
  oneOf,
  published,
  type Schema,
  text,
} from '../schema/jsonSchema.ts';
import { PROFILE_CHECK_SCHEMA } from './checkJson.ts';
import { PROFILE_SCHEMA } from './profileJson.ts';

const CAPTURE_KINDS: Record<CaptureKind, true> = {
  trace: true,
  perf: true,
  maps: true,
  smaps: true,
  axfs: true,
  csv: true,
  json: true,
};
const VARIANTS: Record<ImageVariant, true> = {
  plain: true,
  '-X': true,
  '-X -X': true,
  '--xip nommu': true,
  '--xip mmu': true,
};
const DIFFERENCES: Record<DifferenceKind, true> = {
  'not-started': true,
  object: true,
  inode: true,
  range: true,
  perms: true,
  state: true,
  offset: true,
  flags: true,
  rss: true,
};

const bytes = (description: string): Schema => described(count, `Bytes. ${description}`);

/** What a capture came to: the keys of captureJson(). */
export const captureProperties: Readonly<Record<string, Schema>> = {
  capture: described(text, 'The file.'),
  kind: keyOf(CAPTURE_KINDS),
  lines: count,
  device: nullable(text, 'The device of the image, as "31:0"; null if the capture names none.'),
  pages: described(count, 'Used pages; with --check, direct pages of the predicted mappings.'),
  dropped: object(
    {
      writable: described(count, 'Writable mappings.'),
      otherDevices: described(count, 'Events and mappings of other devices, and anonymous memory.'),
      unknownFiles: described(count, 'About files that the image does not have.'),
      pastEnd: described(count, 'Pages past end of file.'),
      unknownOffsets: described(count, 'Mappings at physical addresses that no page of the file has.'),
      untouched: described(count, 'Mappings without a page in RAM.'),
      onlyRead: described(count, 'Pages that were read and not mapped.'),
      broughtAlong: described(count, 'Pages that came with a fault at another page.'),
      otherEvents: count,
    },
    'What does not count.',
  ),
  unknownPaths: list(text, 'Paths that are not there, the first 100.'),
  unknownLines: count,
  firstUnknown: nullable(object({ line: count, text }), 'The first line that is not understood.'),
  lostEvents: described(count, "How often the kernel's buffer lost events."),
  faultAround: described(count, 'Events that map pages around a fault.'),
  inLongRuns: described(count, 'Pages that came in runs of 16 or more where no faults are recorded.'),
};

const pageRun: Schema = {
  description: 'First page, pages, uses, place of the first use (null: unknown).',
  type: 'array',
  minItems: 4,
  maxItems: 4,
  items: { type: ['number', 'null'] },
};

/** schemas/profile.schema.json */
export function profileJsonSchema(): Schema {
  return published('profile', 'What cramfs profile --json prints', PROFILE_SCHEMA, {
    pageSize: bytes('A page.'),
    usedPages: count,
    uses: described(number, 'The sum of all uses; smaps gives fractions.'),
    captures: list(object(captureProperties)),
    files: list(
      object({
        path: text,
        filePages: nullable(count, 'Pages of the file.'),
        usedPages: count,
        uses: number,
        pages: list(pageRun, 'Runs of pages, ascending.'),
      }),
    ),
  });
}

const change: Schema = {
  anyOf: [
    object({ kind: { const: 'address' }, physBase: hexadecimal }, 'The image is at this physical address.'),
    object({ kind: { const: 'kernel' }, kernel: text, releases: text }, 'The kernel behaves as this model.'),
    object(
      {
        kind: { const: 'image' },
        variant: nullable(keyOf(VARIANTS), 'How it was built; null: another image.'),
      },
      'The flash has another image.',
    ),
    object({ kind: { const: 'block-device' }, device: text }, 'The image is mounted from this block device.'),
    object(
      { kind: oneOf('no-direct-access', 'unaligned-address', 'unaligned-blocks', 'unknown') },
      'Linux has no direct access to the image; its address, or its direct blocks, are not aligned to pages; or none of these.',
    ),
  ],
};
const cause = object({
  changes: list(change, 'What is not as promised, all together.'),
  text: described(text, 'The same as a sentence.'),
});

const side = (properties: Readonly<Record<string, Schema>>): Schema =>
  nullable(
    object({
      ino: nullable(count),
      start: nullable(hexadecimal),
      end: nullable(hexadecimal),
      perms: nullable(text),
      offset: nullable(hexadecimal),
      vmFlags: nullable(list(text)),
      ...properties,
    }),
  );

/** schemas/profile-check.schema.json */
export function profileCheckJsonSchema(): Schema {
  const difference = object({
    kind: keyOf(DIFFERENCES),
    path: text,
    line: nullable(count, 'The line of the capture.'),
    seen: side({ fileBytesInRam: nullable({ type: 'integer' }, 'Rss without Anonymous; null for maps.') }),
    predicted: side({ pages: nullable(count), directPages: nullable(count) }),
  });
  const process = object({
    program: text,
    line: described(count, 'Where it begins in the capture.'),
    count: described(count, 'Processes that look the same.'),
    mappings: described(count, 'Mappings of files of the image on the board.'),
    pages: described(count, 'Pages of files in the predicted mappings.'),
    directPages: count,
    uncertain: list(text, 'Why the prediction is not certain.'),
    differences: list(difference),
  });
  const note = {
    anyOf: [
      object({ kind: { const: 'page-attributes' }, shown: flag }, 'VmFlags show "ar", or do not, unlike the kernel.'),
      object({ kind: oneOf('only-maps', 'no-log') }),
    ],
  };
  const check = object({
    ok: flag,
    kernel: text,
    cpu: text,
    endian: oneOf('little', 'big'),
    pageSize: bytes('A page.'),
    physBase: hexadecimal,
    ...captureProperties,
    processes: list(process),
    foreign: list(text, 'Files of the device that the image does not have.'),
    cause: nullable(cause, 'Null if the board does what was promised.'),
    alternatives: list(cause, 'Other causes that predict the same.'),
    notes: list(note),
  });
  return published('profile-check', 'What cramfs profile --check --json prints', PROFILE_CHECK_SCHEMA, {
    ok: described(flag, 'Whether all boards do what was promised.'),
    checks: list(check, 'One for each capture.'),
  });
}
