/**
 * A kernel's transcript against the emulation, field by field.
 *
 * Not compared: the address of the vma, which depends on what else the process has mapped; pages that are mapped
 * outside the image's region, since what the machine had there is no business of the emulation; and how often the log
 * has a line about a block that cannot be read (readFailures.ts).
 */
import { type Board, CramfsError, type CramfsImage } from '../../lib/index.ts';
import {
  diedInUserCall,
  type ExecFacts,
  execFacts,
  factsOfExecve,
  type RelativeMapping,
  withoutVma,
} from './execCompare.ts';
import { type Ahead, comparableFailures, failuresOf, isReadFailure } from './readFailures.ts';
import {
  type LabActionRecord,
  type LabExecRecord,
  type LabReadRecord,
  type LabRecord,
  type LabRequest,
  type LabSetup,
  type LabTranscript,
  type LabVectorRecord,
  requestOf,
} from './record.ts';
import { labBoard, replayOne, type ReplayOptions } from './replay.ts';

/** A value of a record's field, as JSON has it; undefined where the record has no such field. */
export type FieldValue = string | number | null | undefined | RelativeMapping | readonly FieldValue[];

/** A field in which a kernel and the emulation differ. */
export interface LabDifference {
  /** Number of the record, from 1; 0 is the mount. */
  readonly record: number;
  /** Null for the mount. */
  readonly request: LabRequest | null;
  readonly field: string;
  readonly kernel: FieldValue;
  readonly ours: FieldValue;
}

/**
 * Differences between a kernel's transcript and what the emulation makes of the same requests.
 *
 * @param image opened with the transcript's page size
 * @throws CramfsError as replay()
 */
export function compareTranscript(
  image: CramfsImage,
  transcript: LabTranscript,
  options: ReplayOptions = {},
): LabDifference[] {
  return [...findDifferences(image, transcript, options)];
}

/**
 * The same differences one after the other, for whoever has soon seen enough.
 *
 * @param image opened with the transcript's page size
 * @throws CramfsError as replay()
 */
export function* findDifferences(
  image: CramfsImage,
  { setup, records }: LabTranscript,
  options: ReplayOptions = {},
): Generator<LabDifference, void> {
  const board = labBoard(image, setup, options);
  const { errno, log } = board.mount;
  yield* mountDifferences(setup, { mount: errno, kmsg: log });
  for (const [index, record] of records.entries()) {
    yield* errno === null
      ? emulatedDifferences(board, index + 1, record)
      : recordDifferences(index + 1, record, undefined, null);
  }
}

/** Where the emulation has no answer, about a device or a damaged file, its reason is the difference. */
function* emulatedDifferences(board: Board, number: number, record: LabRecord): Generator<LabDifference, void> {
  const request = requestOf(record);
  const path = record.type === 'read' ? record.path : undefined;
  try {
    yield* recordDifferences(number, record, replayOne(board, request), () => failuresOf(board, path));
  } catch (error) {
    if (!(error instanceof CramfsError)) throw error;
    yield { record: number, request, field: 'emulation', kernel: 'answers', ours: error.message };
  }
}

/** Differences between two transcripts of the same requests: a kernel's and the emulation's, or another kernel's. */
export function differencesOf(kernel: LabTranscript, ours: LabTranscript): LabDifference[] {
  return [
    ...mountDifferences(kernel.setup, ours.setup),
    ...kernel.records.flatMap((record, index) => [...recordDifferences(index + 1, record, ours.records[index], null)]),
  ];
}

/** The clock is calibrated while the first requests are answered. */
const isAboutFiles = (line: string): boolean => !/^(?:tsc|clocksource): /.test(line);

type Mount = Pick<LabSetup, 'mount' | 'kmsg'>;

function mountDifferences(kernel: Mount, ours: Mount): Generator<LabDifference, void> {
  const fields = ({ mount: errno, kmsg }: Mount): Fields => ({ errno, kmsg: kmsg.filter(isAboutFiles) });
  return fieldDifferences(0, null, fields(kernel), fields(ours));
}

function* recordDifferences(
  number: number,
  record: LabRecord,
  other: LabRecord | undefined,
  ahead: Ahead,
): Generator<LabDifference, void> {
  const request = requestOf(record);
  const fields = other === undefined ? null : comparable(record, other, ahead);
  if (fields !== null) yield* fieldDifferences(number, request, fields.kernel, fields.ours);
  else yield { record: number, request, field: 'type', kernel: record.type, ours: other?.type };
}

type Fields = Readonly<Record<string, FieldValue>>;

/** The fields of two records that must be equal. */
interface Sides {
  readonly kernel: Fields;
  readonly ours: Fields;
}

function* fieldDifferences(
  record: number,
  request: LabRequest | null,
  kernel: Fields,
  ours: Fields,
): Generator<LabDifference, void> {
  for (const field of Object.keys(kernel)) {
    if (JSON.stringify(kernel[field]) === JSON.stringify(ours[field])) continue;
    yield { record, request, field, kernel: kernel[field], ours: ours[field] };
  }
}

/**
 * The fields of two records that must be equal; null where they answer different requests.
 *
 * @param ahead null for two kernels, which read ahead differently: such lines are not compared then
 */
function comparable(kernel: LabRecord, ours: LabRecord, ahead: Ahead): Sides | null {
  if (kernel.type === 'vector' && ours.type === 'vector') {
    return { kernel: vectorFields(kernel, kernel, ours), ours: vectorFields(ours, kernel, ours) };
  }
  if (kernel.type === 'read' && ours.type === 'read') return readFields(kernel, ours, ahead);
  if (kernel.type === 'exec' && ours.type === 'exec') return execFields(kernel, ours, ahead);
  return null;
}

function vectorFields(record: LabVectorRecord, kernel: LabVectorRecord, ours: LabVectorRecord): Fields {
  const foreign = (page: number): boolean => ours.touch?.[page] === 'o' && ours.crc?.[page] === null;
  return {
    errno: record.errno,
    // A child that did the work did not tell which call failed.
    failed: kernel.killed === undefined ? record.failed : undefined,
    kmsg: record.kmsg.filter(isAboutFiles).map(withoutVma),
    // A kernel tells of its death by not returning.
    bug: kernel.returned === false ? returns(record) : record.bug,
    state: record.state,
    vmflags: record.vmflags,
    maps_offset: record.maps_offset,
    vma_pages: record.vma_pages,
    direct_pages: record.direct_pages,
    pte: record.pte,
    killed: record.killed ?? null,
    touch: record.touch,
    crc: record.crc?.map((crc, page) => (foreign(page) ? null : crc)),
    actions:
      kernel.actions?.length === 0
        ? undefined
        : record.actions?.map((action, index) => actionText(action, kernel.actions?.[index])),
  };
}

/** Whether a call came back. */
function returns({ bug, returned }: Pick<LabVectorRecord, 'bug' | 'returned'>): string {
  return bug === undefined && returned !== false ? 'returns' : 'does not return';
}

/** What came of an action, as far as the kernel's record has it. */
function actionText(action: LabActionRecord, kernel: LabActionRecord | undefined): string {
  const keys = ACTION_KEYS.filter((key) => kernel?.[key] !== undefined);
  const value = (key: (typeof ACTION_KEYS)[number]): unknown =>
    key === 'kmsg' ? action.kmsg?.map(withoutVma) : action[key];
  // What code returns is up to the code.
  const called = action.action === 'call' ? [['signal', action.signal ?? null]] : [];
  return JSON.stringify([action.action, ...called, ...keys.map((key) => [key, value(key)])]);
}

const ACTION_KEYS = [
  'errno',
  'vmflags',
  'maps_offset',
  'vma_pages',
  'direct',
  'touch',
  'crc',
  'mincore',
  'write_touch',
  'write_direct',
  'kmsg',
] as const;

function readFields(kernel: LabReadRecord, ours: LabReadRecord, ahead: Ahead): Sides {
  const failures = comparableFailures(kernel.kmsg ?? [], ours.kmsg ?? [], ahead);
  const fields = ({ errno, size, bytes, crc, kmsg = [] }: LabReadRecord, failed: readonly string[]): Fields => {
    return { errno, size, bytes, crc, kmsg: [...kmsg.filter((line) => !isReadFailure(line)), ...failed] };
  };
  return { kernel: fields(kernel, failures.kernel), ours: fields(ours, failures.ours) };
}

function execFields(kernel: LabExecRecord, ours: LabExecRecord, ahead: Ahead): Sides {
  const failures = comparableFailures(kernel.kmsg, ours.kmsg, ahead);
  const real = execFacts(kernel);
  const emulated = execFacts(ours);
  if (ours.endsAtLinker === true && (kernel.returned !== false || diedInUserCall(kernel))) {
    const fields = (facts: ExecFacts): Fields => {
      const { kmsg, mappings } = factsOfExecve(facts, emulated);
      return { kmsg, mappings: real.mappings === null ? undefined : mappings };
    };
    return { kernel: fields(real), ours: fields(emulated) };
  }
  const fields = (
    { outcome, kmsg, mappings }: ExecFacts,
    { bug, returned }: LabExecRecord,
    failed: readonly string[],
  ): Fields => ({
    outcome: kernel.returned === false ? undefined : outcome,
    bug: kernel.returned === false ? returns({ bug, returned }) : bug,
    kmsg: [...kmsg, ...failed],
    // Not every program prints its mappings.
    mappings: real.mappings === null ? undefined : mappings,
  });
  return { kernel: fields(real, kernel, failures.kernel), ours: fields(emulated, ours, failures.ours) };
}

/** What of each kind of request a transcript has. */
export interface LabCounts {
  readonly vectors: number;
  readonly reads: number;
  readonly programs: number;
}

/** How many requests of each kind there are. */
export function countRequests(requests: readonly LabRequest[]): LabCounts {
  const count = (type: LabRequest['type']): number => requests.filter((request) => request.type === type).length;
  return { vectors: count('vector'), reads: count('read'), programs: count('exec') };
}
