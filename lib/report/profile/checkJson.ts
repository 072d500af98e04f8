/** Checks of a running board as JSON; schemas/profile-check.schema.json describes it. */
import { hex, hexOrNull } from '../../base/hex.ts';
import type { Cause, Change } from '../../profile/check/causes.ts';
import type { BoardCheck, CheckedProcess } from '../../profile/check/checkBoard.ts';
import type { Difference } from '../../profile/check/compare.ts';
import { captureJson } from './profileJson.ts';
import { causeText } from './checkText.ts';

/** Version of the JSON. */
export const PROFILE_CHECK_SCHEMA = 1;

/** The object that `cramfs profile --check --json` prints. */
export function boardChecksJson(checks: readonly BoardCheck[]) {
  return {
    schemaVersion: PROFILE_CHECK_SCHEMA,
    ok: checks.every(({ ok }) => ok),
    checks: checks.map(checkJson),
  };
}

function checkJson(check: BoardCheck) {
  const { ok, machine, capture, processes, foreign, cause, alternatives, notes } = check;
  const { kernel, cpu, littleEndian, pageSize, physBase } = machine;
  const causeJson = (each: Cause) => ({
    changes: each.map(changeJson),
    text: causeText(each, machine),
  });
  return {
    ok,
    kernel,
    cpu,
    endian: littleEndian ? 'little' : 'big',
    pageSize,
    physBase: hex(physBase),
    ...captureJson(capture),
    processes: processes.map(processJson),
    foreign,
    cause: cause === null ? null : causeJson(cause),
    alternatives: alternatives.map(causeJson),
    notes,
  };
}

function changeJson(change: Change) {
  return change.kind === 'address' ? { ...change, physBase: hex(change.physBase) } : { ...change };
}

function processJson({ differences, ...process }: CheckedProcess) {
  return { ...process, differences: differences.map(differenceJson) };
}

/** Each side of a difference: null where it has no such mapping. */
function differenceJson({ kind, path, seen, predicted, seenIno, predictedIno }: Difference) {
  const { smaps = null } = seen ?? {};
  const flags = smaps?.vmFlags ?? null;
  return {
    kind,
    path,
    line: seen?.line ?? null,
    seen:
      seen === null && seenIno === null
        ? null
        : {
            ino: seenIno,
            start: hexOrNull(seen?.start ?? null),
            end: hexOrNull(seen?.end ?? null),
            perms: seen?.perms ?? null,
            offset: hexOrNull(seen?.offset ?? null),
            vmFlags: flags === null ? null : [...flags],
            fileBytesInRam: smaps === null ? null : smaps.rss - smaps.anonymous,
          },
    predicted:
      predicted === null && predictedIno === null
        ? null
        : {
            ino: predictedIno,
            start: hexOrNull(predicted?.start ?? null),
            end: hexOrNull(predicted?.end ?? null),
            perms: predicted?.perms ?? null,
            offset: hexOrNull(predicted?.offset ?? null),
            vmFlags: predicted?.vmFlags ?? null,
            pages: predicted?.pages ?? null,
            directPages: predicted?.directPages ?? null,
          },
  };
}
