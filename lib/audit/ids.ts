/**
 * Every finding that an audit can have: its id, how bad it is, and what it tells beside place and path.
 *
 * Ids are stable: policies, baselines and programs match on them. Each has its words in report/auditWords and its page in
 * docs/findings. What `check` finds comes with the id `image/` and its code in small letters.
 */
import { FINDING_CODES, type FindingArguments, type FindingCode, SEVERITIES, type Severity } from '../check/codes.ts';
import type { FileType } from '../format/inode.ts';
import type { BlockKind } from '../image/blocks.ts';
import type { IcacheFault } from '../mm/icache.ts';
import type { InvariantCode, ViolationSeverity } from '../verdict/invariants.ts';
import type { MapState, Sight } from '../verdict/mapVerdict.ts';

/** A loadable segment of a program, as a finding names it. */
export interface SegmentRef {
  /** Index of the program header. */
  readonly segment: number;
  /** As in "r-x". */
  readonly perms: string;
  /** First page of the file that the segment's mapping shows, and pages of it. */
  readonly firstPage: number;
  readonly pages: number;
  /** Pages that are mapped straight from flash. */
  readonly directPages: number;
}

/** The arguments of the audit's own findings. Offsets and lengths are bytes of the image; `block` and `page` count from 0. */
export interface OwnArguments {
  // A read-only segment of a program that is not wholly direct, and why.
  /** A run of direct blocks ends within the segment. */
  'xip/layout-break': SegmentRef & {
    readonly block: number;
    readonly kind: BlockKind;
    /** Where the block would have to be. */
    readonly expectedOffset: number;
  };
  /** The segment's first block is not stored in a way that can be mapped. */
  'xip/compressed': SegmentRef & { readonly block: number; readonly kind: BlockKind };
  /** The segment's data does not stand at a page boundary of the image. `past`: bytes behind the boundary before it. */
  'xip/misaligned': SegmentRef & { readonly block: number; readonly physAddress: number; readonly past: number };
  /** The segment ends in a page that holds something else behind the end of the file. */
  'xip/shared-tail': SegmentRef & { readonly block: number };
  /** A block of the segment points at image offset 0, which Linux takes for no block. */
  'xip/zero-offset': SegmentRef & { readonly block: number };
  /** A program of a class or byte order that mkcramfs does not take for one, so that none of it is direct. */
  'xip/elf-ignored': { readonly bits: 32 | 64; readonly littleEndian: boolean; readonly segments: number };
  /** The mapping that the loader makes is exactly the run of direct blocks: one page more would be mixed. */
  'xip/longer-mapping': SegmentRef & { readonly block: number; readonly kind: BlockKind };
  /** Direct blocks that no mapping of any offset and length gets at: flash spent for nothing. */
  'xip/unmappable-direct': { readonly block: number; readonly blocks: number; readonly bytes: number };
  // The image as a whole.
  /** The image has programs, and lacks the flag EXT_BLOCK_POINTERS. */
  'xip/extensions-missing': { readonly programs: number };
  /** The physical base is not a multiple of the page size. */
  'xip/physical-base': { readonly physBase: number; readonly past: number; readonly programs: number };
  /** Linux does not mount the image where it lies. */
  'xip/mount-refused': { readonly log: readonly string[]; readonly reason: string };
  // Programs.
  /** A program does not get to its own first instruction. */
  'xip/program-fails': { readonly outcome: string; readonly why: string };
  /** A library that no directory of the search has. */
  'xip/library-missing': {
    readonly library: string;
    readonly neededBy: string;
    /** Directories that were searched; none for a library that is named by a path. */
    readonly searched: readonly string[];
  };
  /** A mapping breaks an invariant under this kernel. */
  'xip/kernel-hazard': {
    readonly invariant: InvariantCode;
    readonly violation: ViolationSeverity;
    readonly page: number | null;
    readonly pages: number;
    readonly sees: Sight | null;
    readonly cause: string | null;
    /** The mapping that shows it: byte offset and length in the file, protection. */
    readonly request: { readonly offset: number; readonly length: number; readonly prot: string };
  };
  /** An executable segment's direct pages meet flush_icache_pte() of RISC-V without a struct page. */
  'xip/riscv-icache': SegmentRef & {
    readonly outcome: IcacheFault['outcome'];
    /** Of the first page. */
    readonly physAddress: number;
  };

  'image/duplicate-data': { readonly first: string; readonly bytes: number };
  'image/alignment-padding': { readonly bytes: number; readonly imageBytes: number };

  'security/pointer-outside': { readonly block: number; readonly target: number; readonly end: number };
  'security/other-file-visible': { readonly page: number; readonly other: string };
  /** Linux has one inode for this file and another that stores its data at the same place, and they disagree. */
  'security/shared-inode': { readonly first: string; readonly differences: readonly InodeDifference[] };
  'security/setuid': { readonly mode: number; readonly uid: number };
  'security/setgid': { readonly mode: number; readonly gid: number };
  'security/world-writable': { readonly mode: number; readonly type: FileType };
  'security/device-node': { readonly type: 'chardev' | 'blockdev'; readonly major: number; readonly minor: number };

  // What a policy asks for. `requirement` and `exception` count from 0, as they stand in the file.
  'policy/requirement-unmet': {
    readonly requirement: number;
    /** The state that is required; null where it is a share of pages. */
    readonly wanted: MapState | null;
    /** The share that is required, in percent, and what there is; null where it is a state. */
    readonly direct: { readonly share: number; readonly directPages: number; readonly pages: number } | null;
    readonly found: MapState | null;
    /** Of a segment; null where the file as a whole is meant. */
    readonly segment: SegmentRef | null;
  };
  'policy/requirement-unmatched': { readonly requirement: number; readonly paths: readonly string[] };
  'policy/over-budget': { readonly budget: BudgetName; readonly limit: number; readonly value: number };
  'policy/region-too-small': { readonly region: number; readonly imageBytes: number };
  'policy/exception-expired': { readonly exception: number; readonly expires: string; readonly reason: string };
  'policy/exception-unused': { readonly exception: number; readonly reason: string };
}

/** What two files of one inode disagree about. */
export interface InodeDifference {
  readonly attribute: 'mode' | 'uid' | 'gid' | 'size';
  readonly value: number;
  /** Of the other file. */
  readonly other: number;
}

/** What a policy can limit, in bytes; `text` is a least percentage. */
export type BudgetName = 'flash' | 'padding' | 'ram' | 'text';

type Kebab<S extends string> = S extends `${infer Head}_${infer Rest}`
  ? `${Lowercase<Head>}-${Kebab<Rest>}`
  : Lowercase<S>;

/** The id of what `check` finds. */
export type CheckId = `image/${Kebab<FindingCode>}`;

/** The arguments of what `check` finds, by id. */
export type CheckArguments = { readonly [C in FindingCode as `image/${Kebab<C>}`]: FindingArguments[C] };

/** The arguments of each finding. */
export type AuditArguments = OwnArguments & CheckArguments;

/** The id of a finding. */
export type AuditId = keyof AuditArguments;
/** The id of a finding that is not one of `check`. */
export type OwnId = keyof OwnArguments;

/** How bad each of the audit's own findings is, in the order of reports; `xip/kernel-hazard` is as bad as its violation. */
export const OWN_SEVERITIES: Readonly<Record<OwnId, Severity>> = {
  'xip/mount-refused': 'error',
  'xip/extensions-missing': 'warning',
  'xip/physical-base': 'error',
  'xip/layout-break': 'warning',
  'xip/compressed': 'warning',
  'xip/misaligned': 'warning',
  'xip/shared-tail': 'warning',
  'xip/zero-offset': 'warning',
  'xip/elf-ignored': 'warning',
  'xip/longer-mapping': 'info',
  'xip/unmappable-direct': 'warning',
  'xip/program-fails': 'error',
  'xip/library-missing': 'error',
  'xip/kernel-hazard': 'error',
  'xip/riscv-icache': 'error',
  'image/duplicate-data': 'info',
  'image/alignment-padding': 'info',
  'security/pointer-outside': 'error',
  'security/other-file-visible': 'error',
  'security/shared-inode': 'warning',
  'security/setuid': 'warning',
  'security/setgid': 'warning',
  'security/world-writable': 'warning',
  'security/device-node': 'info',
  'policy/requirement-unmet': 'error',
  'policy/requirement-unmatched': 'error',
  'policy/over-budget': 'error',
  'policy/region-too-small': 'error',
  'policy/exception-expired': 'error',
  'policy/exception-unused': 'warning',
};

/** The audit's own ids, in the order of reports. */
export const OWN_IDS = Object.keys(OWN_SEVERITIES) as readonly OwnId[];

/** The id of a code of `check`. */
export function checkId(code: FindingCode): CheckId {
  return `image/${code.toLowerCase().replaceAll('_', '-')}` as CheckId;
}

const CODES = new Map<string, FindingCode>(FINDING_CODES.map((code) => [checkId(code), code]));

/** The code of `check` behind an id; undefined for the audit's own ids, and for what is no id. */
export function codeOf(id: string): FindingCode | undefined {
  return CODES.get(id);
}

/** All ids, in the order of reports: the audit's own, then those of `check`. */
export const AUDIT_IDS: readonly AuditId[] = [...OWN_IDS, ...FINDING_CODES.map(checkId)];

/** How bad a finding of this id is where no policy says otherwise. */
export function defaultSeverity(id: AuditId): Severity {
  const code = codeOf(id);
  return code === undefined ? OWN_SEVERITIES[id as OwnId] : SEVERITIES[code];
}

/** The page of an id, as a path below docs/findings. */
export function docPage(id: AuditId): string {
  return `${codeOf(id) ?? id}.md`;
}
