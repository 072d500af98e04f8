/**
 * A program on paper as JSON, schema version 1. Addresses and offsets as hexadecimal strings.
 */
import { hex } from '../base/hex.ts';
import type { CramfsError } from '../base/errors.ts';
import type { LoadedFile } from '../exec/loadedSegments.ts';
import type { ExecMapping, ExecReport } from '../exec/execProgram.ts';
import { machineName } from '../elf/machines.ts';
import type { Machine } from '../verdict/machine.ts';
import { SCHEMA_VERSION } from './mapJson.ts';

function mappingJson({ object, start, end, perms, offset, state, pages, directPages }: ExecMapping) {
  return { object, start: hex(start), end: hex(end), perms, offset: hex(offset), state, pages, directPages };
}

/** The segments of a file as they were loaded. */
function objectJson({ path, segments }: LoadedFile) {
  return {
    path,
    segments: segments.map(({ segment, kind, perms, firstPage, pages, directPages, state }) => ({
      segment,
      kind,
      perms,
      firstPage,
      pages,
      directPages,
      state,
    })),
  };
}

function errorOf(error: CramfsError | null) {
  if (error === null) return {};
  const { code, message, offset, path } = error;
  return { error: { code, message, offset: offset ?? null, path: path ?? null } };
}

/** How the start ended; all keys are there whatever it was. */
function outcomeJson({ outcome }: ExecReport) {
  return {
    outcome: outcome.kind,
    errno: outcome.kind === 'failed' ? outcome.errno : null,
    signal: outcome.kind === 'killed' ? outcome.signal : null,
    status: outcome.kind === 'exits' ? outcome.status : null,
    bug: outcome.kind === 'bug' ? outcome.bug : null,
    why: 'why' in outcome ? outcome.why : null,
    ...errorOf(outcome.kind === 'failed' ? outcome.cause : null),
  };
}

/** The object that `--json` prints. `all`: anonymous memory too. */
export function execJson(report: ExecReport, machine: Machine, all: boolean) {
  const { header, mappings } = report;
  return {
    schemaVersion: SCHEMA_VERSION,
    path: report.path,
    argv: report.argv,
    kernel: machine.kernel,
    cpu: report.cpu,
    endian: machine.littleEndian ? 'little' : 'big',
    pageSize: machine.pageSize,
    physBase: hex(machine.physBase),
    ...outcomeJson(report),
    elf: header === null ? null : { bits: header.bits, type: header.type, machine: machineName(header.machine) },
    scripts: report.scripts,
    interpreter: report.interpreter,
    mappings: mappings.filter(({ state }) => all || state !== 'anonymous').map(mappingJson),
    objects: report.objects.map(objectJson),
    log: report.log,
    needed: report.needed,
    uncertain: report.uncertain,
    ramBytes: report.ramBytes,
    flashBytes: report.flashBytes,
  };
}
