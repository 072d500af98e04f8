/** The verdict on a mapping that does not come about. */
import type { FailedVerdict, Understood } from './mapVerdict.ts';

/** How it fails. */
export type Failure = Pick<FailedVerdict, 'errno' | 'failed' | 'bug' | 'icache' | 'log' | 'trace' | 'beyond'>;

// This literal, and the others of verdicts, name every key instead of spreading `understood`: V8 builds a spread of this
// size as a dictionary, which makes a batch several times slower.

export function failedVerdict(
  understood: Understood,
  { errno, failed, bug, icache, log, trace, beyond }: Failure,
): FailedVerdict {
  return {
    kind: 'failed',
    path: understood.path,
    offset: understood.offset,
    length: understood.length,
    prot: understood.prot,
    flags: understood.flags,
    pageSize: understood.pageSize,
    file: understood.file,
    machine: understood.machine,
    errno,
    failed,
    bug,
    icache,
    state: null,
    bailout: null,
    misaligned: null,
    physAddress: null,
    vmaStart: null,
    vmaPages: null,
    directPages: null,
    direct: [],
    vmPgoff: null,
    mapsOffset: null,
    vmFlags: null,
    log,
    pagesBehindEnd: null,
    runEnd: null,
    warnings: [],
    pages: null,
    rest: null,
    trace,
    beyond,
    violations: null,
    advice: null,
    misplaced: null,
  };
}
