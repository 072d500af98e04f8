/**
 * Reading back what the NDJSON report writes (ndjson.ts): shards of a run become the run.
 *
 * Records become what reports need of them, and nothing else: a report has no room for keys that are not its own. The forms
 * below have their keys in the order of the audit, so a report of the shards is that of the run, byte for byte.
 */
import { z } from 'zod';
import { SEVERITIES } from '../../findings/definition.ts';
import type { Finding } from '../../findings/finding.ts';
import { FINDING_IDS } from '../../policy/findings.ts';
import type { AuditedFile, AuditNumbers, AuditResult, SuppressedFinding } from '../../audit/result.ts';
import type { AuditDiagnosis, AuditedImage, AuditError } from '../../audit/run.ts';
import { CramfsError, type ErrorCode } from '../../base/errors.ts';
import { ACCOUNT_LABELS } from '../../inspect/account.ts';
import { AUDIT_SCHEMA_VERSION } from './findingJson.ts';
import { findingWords } from '../findingWords.ts';
import type { Shard } from './reporter.ts';

const count = z.int().nonnegative();
const index = count;
const state = z.enum(['pfnmap', 'mixedmap', 'none']).nullable();
const counts = z.object({ error: count, warning: count, note: count });

/** An address as it is written: hexadecimal. */
const address = z.string().regex(/^0x[0-9a-f]{1,13}$/);

export const board = z.object({
  kernel: z.string(),
  cpu: z.string(),
  littleEndian: z.boolean(),
  pageSize: count,
  physBase: address,
  regionSize: count,
  // Earlier releases did not write these.
  programsFor: z.string().nullable().default(null),
  programsNeedNommu: z.boolean().default(false),
});

export const numbers: z.ZodType<AuditNumbers> = z.object({
  imageBytes: count,
  fileBytes: count,
  flash: z.array(z.object({ label: z.enum(ACCOUNT_LABELS), bytes: count, ranges: count })),
  contentBytes: count,
  paddingBytes: count,
  directCompressedBytes: count.nullable(),
  files: count,
  programs: count,
  programsStarting: count,
  textBytes: count,
  textDirectBytes: count,
  readOnlyBytes: count,
  readOnlyDirectBytes: count,
  ramBytes: count,
  ramSavedBytes: count,
});

export const file = z.object({
  path: z.string(),
  size: count,
  mode: count,
  format: z.enum(['elf32', 'elf64', 'bflt', 'script', 'data']),
  state,
  directPages: count,
  blocks: count,
  directBlocks: count,
  segments: z.array(
    z.object({
      segment: count,
      kind: z.enum(['text', 'rodata', 'data']),
      perms: z.string(),
      firstPage: count,
      pages: count,
      directPages: count,
      fileBytes: count,
      state,
    }),
  ),
  run: z
    .object({
      outcome: z.string(),
      ramBytes: count,
      ram: z.object({ text: count, rodata: count, relro: count, data: count, bss: count }),
      flashBytes: count,
    })
    .nullable(),
});

const finding = z.object({
  index,
  id: z.enum(FINDING_IDS),
  severity: z.enum(SEVERITIES),
  path: z.string().nullable(),
  offset: count.nullable(),
  args: z.record(z.string(), z.unknown()),
});

const error = z.object({
  code: z.string(),
  message: z.string(),
  offset: count.nullable(),
  path: z.string().nullable(),
});

/** Reports of before have none. */
const diagnosis = z.object({ code: z.string(), message: z.string(), command: z.string().nullable() }).nullish();

const RECORD = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('run'),
    schemaVersion: z.int(),
    version: z.string(),
    images: count,
    shard: z.object({ index: z.int().positive(), of: z.int().positive() }),
  }),
  z.object({
    type: z.literal('image'),
    index,
    image: z.string(),
    diagnosis,
    imageOffset: count,
    imageNumber: z.int().positive().optional(),
    board,
    counts,
    omitted: z.record(
      z.string().refine((id) => FINDING_IDS.includes(id)),
      count,
    ),
    numbers,
  }),
  z.object({ type: z.literal('unreadable'), index, image: z.string(), error, diagnosis }),
  finding.extend({ type: z.literal('finding') }),
  finding.extend({
    type: z.literal('suppressed'),
    by: z.enum(['exception', 'baseline']),
    reason: z.string().nullable(),
  }),
  file.extend({ type: z.literal('file'), index }),
  z.object({ type: z.literal('end'), images: count }),
]);

type AuditRecord = z.infer<typeof RECORD>;

/** One file of records: a shard, or a run that is not divided. */
export interface AuditShard {
  /** The file. */
  readonly name: string;
  /** The program's version. */
  readonly version: string;
  /** Images of the whole run. */
  readonly imagesOfRun: number;
  readonly shard: Shard;
  readonly images: readonly AuditedImage[];
}

/** An image whose records are still coming. */
interface Growing {
  readonly image: string;
  readonly index: number;
  readonly diagnosis: AuditDiagnosis | null;
  readonly head: Omit<AuditResult, 'image' | 'findings' | 'suppressed' | 'files'>;
  readonly findings: Finding[];
  readonly suppressed: SuppressedFinding[];
  readonly files: AuditedFile[];
}

/**
 * Reads a shard.
 *
 * @param lines of the file; an error for a line that cannot be read
 * @param name the file, for errors
 * @throws CramfsError USAGE
 */
export function readShard(lines: Iterable<string | CramfsError>, name: string): AuditShard {
  const images: AuditedImage[] = [];
  let header: Extract<AuditRecord, { type: 'run' }> | undefined;
  let current = null as Growing | null;
  let hasEnded = false;
  let number = 0;
  const bad = (found: string): CramfsError =>
    new CramfsError('USAGE', { found: `${name}:${String(number)}: ${found}` });
  const finish = (): void => {
    if (current !== null) images.push(finished(current));
    current = null;
  };
  for (const line of lines) {
    number++;
    if (line instanceof CramfsError) throw bad(line.message);
    if (line === '') continue;
    if (hasEnded) throw bad('there is more after the record "end": several files in one?');
    const record = parseRecord(line, bad);
    if (header === undefined) {
      if (record.type !== 'run') throw bad('the first record is not "run"');
      if (record.schemaVersion !== AUDIT_SCHEMA_VERSION) {
        throw bad(`schema version ${String(record.schemaVersion)}, and this program knows ${AUDIT_SCHEMA_VERSION}`);
      }
      header = record;
      continue;
    }
    switch (record.type) {
      case 'run':
        throw bad('a second record "run": several files in one?');
      case 'image': {
        finish();
        const { type: _type, index: at, image, board: written, diagnosis: told, ...others } = record;
        const head = { ...others, board: { ...written, physBase: Number(written.physBase) } };
        current = { image, index: at, diagnosis: told ?? null, head, findings: [], suppressed: [], files: [] };
        break;
      }
      case 'unreadable':
        finish();
        images.push({
          image: record.image,
          index: record.index,
          diagnosis: record.diagnosis ?? null,
          result: null,
          error: errorOf(record.error),
        });
        break;
      case 'end':
        finish();
        hasEnded = true;
        if (record.images !== images.length) throw bad(`${record.images} images expected, ${images.length} found`);
        break;
      default:
        if (current?.index !== record.index) throw bad(`a record of image ${record.index} does not follow that image`);
        add(current, record, bad);
    }
  }
  if (header === undefined) throw bad('the file is empty');
  if (!hasEnded) throw bad('the file ends early: no record "end"');
  const { version, images: imagesOfRun, shard } = header;
  return { name, version, imagesOfRun, shard, images };
}

function parseRecord(line: string, bad: (found: string) => CramfsError): AuditRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw bad(`no JSON: ${(cause as Error).message}`);
  }
  const { data, error: problem } = RECORD.safeParse(value);
  if (problem === undefined) return data;
  const issue = problem.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  throw bad(`no record of an audit${where}: ${issue?.message ?? 'of no known form'}`);
}

/** Errors are told and never thrown again, so a code of another version does no harm. */
function errorOf({ code, message, offset, path }: z.infer<typeof error>): AuditError {
  return { code: code as ErrorCode, message, offset, path };
}

function add(
  to: Growing,
  record: Extract<AuditRecord, { type: 'finding' | 'suppressed' | 'file' }>,
  bad: (found: string) => CramfsError,
): void {
  if (record.type === 'file') {
    const { type: _type, index: _index, ...rest } = record;
    to.files.push(rest);
    return;
  }
  const { id, severity, path, offset, args } = record;
  const taken = { id, severity, path, offset, args } as Finding;
  try {
    // Words can be made of the right arguments only.
    findingWords(taken, { ...to.head, image: to.image, files: [] });
  } catch {
    throw bad(`the arguments are not those of ${id}`);
  }
  if (record.type === 'finding') to.findings.push(taken);
  else to.suppressed.push({ finding: taken, by: record.by, reason: record.reason });
}

function finished({ image, index: at, diagnosis: told, head, findings, suppressed, files }: Growing): AuditedImage {
  const { imageOffset, imageNumber, board: of, counts: kept, omitted, numbers: totals } = head;
  const where = imageNumber === undefined ? { imageOffset } : { imageOffset, imageNumber };
  const result = { image, ...where, board: of, findings, counts: kept, omitted, suppressed, numbers: totals, files };
  return { image, index: at, diagnosis: told, result, error: null };
}
