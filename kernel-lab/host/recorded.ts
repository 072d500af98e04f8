/**
 * A kernel asked again: is its answer what was recorded?
 */
import type { CramfsImage } from '../../lib/index.ts';
import { differencesOf, type FieldValue, type LabDifference } from './compare.ts';
import type { LabRecord, LabSetup, LabTranscript } from './record.ts';
import { replay } from './replay.ts';

/** Whether two transcripts are of the same build of a kernel. */
function isSameKernel(a: LabSetup, b: LabSetup): boolean {
  return a.release === b.release && a.version === b.version && a.variant === b.variant;
}

/**
 * Differences between a transcript that was recorded and another of the same requests: `kernel` is what was recorded,
 * `ours` the other.
 *
 * The same kernel must answer the same in every field, addresses and programs' output included. Another one must in the
 * fields that differencesOf() compares, but for those in which the emulations of the two kernels differ.
 *
 * @throws CramfsError as replay()
 */
export function recordedDifferences(
  image: CramfsImage,
  recorded: LabTranscript,
  fresh: LabTranscript,
): LabDifference[] {
  if (isSameKernel(recorded.setup, fresh.setup)) return allDifferences(recorded, fresh);
  const { setup, records } = recorded;
  const emulated = (release: string): LabTranscript => replay(image, { ...setup, release }, records);
  const key = ({ record, field }: LabDifference): string => `${record} ${field}`;
  const expected = new Set(differencesOf(emulated(setup.release), emulated(fresh.setup.release)).map(key));
  return differencesOf(recorded, fresh).filter((difference) => !expected.has(key(difference)));
}

function allDifferences(recorded: LabTranscript, fresh: LabTranscript): LabDifference[] {
  const { image: _recordedName, ...setup } = recorded.setup;
  const { image: _freshName, ...freshSetup } = fresh.setup;
  return [
    ...fieldDifferences(0, null, setup, freshSetup),
    ...recorded.records.flatMap((record, index) =>
      fieldDifferences(index + 1, record, record, fresh.records[index] ?? {}),
    ),
  ];
}

function fieldDifferences(number: number, request: LabRecord | null, recorded: object, fresh: object): LabDifference[] {
  const left = recorded as Readonly<Record<string, FieldValue>>;
  const right = fresh as Readonly<Record<string, FieldValue>>;
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .filter((field) => JSON.stringify(left[field]) !== JSON.stringify(right[field]))
    .map((field) => ({ record: number, request, field, kernel: left[field], ours: right[field] }));
}
