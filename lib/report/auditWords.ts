/**
 * The audit's findings in words: for each id a title, the cause in one sentence, and in one sentence what to do. An id
 * without its words does not compile.
 */
import { hex } from '../base/hex.ts';
import type { FindingCode } from '../check/codes.ts';
import type { Finding } from '../check/finding.ts';
import type { AuditFinding } from '../audit/finding.ts';
import {
  type AuditId,
  codeOf,
  type InodeDifference,
  type OwnArguments,
  type OwnId,
  type SegmentRef,
} from '../audit/ids.ts';
import type { BlockKind } from '../image/blocks.ts';
import { shownPath } from '../inspect/shownPath.ts';
import type { IcacheFault } from '../mm/icache.ts';
import type { InvariantCode } from '../verdict/invariants.ts';
import type { Sight } from '../verdict/mapVerdict.ts';
import { CHECK_FIXES } from './checkFixes.ts';
import { findingText } from './findingText.ts';
import { plural, size } from './words.ts';

/** Words of an id: sentences without a full stop, in small letters where they begin with a word. */
interface Words<Args> {
  readonly title: string;
  readonly cause: (args: Args) => string;
  readonly fix: (args: Args) => string;
}

const KINDS: Readonly<Record<BlockKind, string>> = {
  hole: 'a hole, zeros that are not stored',
  zlib: 'compressed',
  stored: 'stored verbatim with a pointer that Linux does not map by',
  direct: 'direct, but elsewhere',
  'direct-zlib': 'compressed',
};

const STATES = { pfnmap: 'wholly direct', mixedmap: 'partly direct', none: 'not direct at all' } as const;

const octal = (mode: number): string => `0${(mode & 0o7777).toString(8)}`;
const hardware = (bits: number, littleEndian: boolean): string =>
  `${String(bits)}-bit ${littleEndian ? 'little' : 'big'}-endian`;

/** "mode 04755 here and 0755 there". */
function inodeDifference({ attribute, value, other }: InodeDifference): string {
  const shown = attribute === 'mode' ? octal : String;
  return `${attribute} ${shown(value)} here and ${shown(other)} there`;
}

/** What comes of an executable entry without a struct page. */
const ICACHE_OUTCOMES: Readonly<Record<IcacheFault['outcome'], string>> = {
  oops: 'the kernel oopses, and the program never starts',
  'oops or bit':
    'with SPARSEMEM the kernel oopses and the program never starts, with FLATMEM it silently sets a bit of other memory for each page',
  bit: 'the kernel silently sets a bit of other memory for each page',
};

/** "segment 2 (r-x, 3 of 12 pages direct)". */
function segmentName({ segment, perms, directPages, pages }: SegmentRef): string {
  return `segment ${String(segment)} (${perms}, ${String(directPages)} of ${plural(pages, 'page')} direct)`;
}

const BROKEN: Readonly<Record<InvariantCode, string>> = {
  'kernel-dies': 'the kernel dies',
  'writes-elsewhere': 'the kernel writes into memory that belongs to something else',
  'mapping-refused': 'the kernel refuses what it has itself decided to map, and mmap() fails',
  'wrong-content': "bytes are seen that are not the file's",
  'tail-not-zero': 'something else than zeros is seen behind the end of the file',
  'stray-memory': "memory is seen that is not this file's",
  'touch-kills': 'a touch of the file ends the process',
  'readable-behind-end': 'pages behind the end of the file can be read',
  'entry-outside-vma': 'page table entries stand outside the mapping',
  'entry-outside-image': 'page table entries point outside the image',
  'pfnmap-incomplete': 'a mapping of page frames lacks pages',
  'state-disagrees': 'what /proc shows of the mapping is not what it is',
  'read-differs': 'read(2) gives other bytes than the mapping shows',
};

function seen(sees: Sight | null): string {
  if (sees === null) return '';
  switch (sees.shows) {
    case 'file':
      return `, and what is seen is page ${String(sees.page)} of ${shownPath(sees.path)}`;
    case 'image':
      return `, and what is seen stands at byte ${String(sees.offset)} of the image`;
    case 'foreign':
      return ', and what is seen is memory outside the image';
    case 'zeros':
      return ', and what is seen is zeros';
    default:
      return '';
  }
}

const DIRECT_SEGMENTS = 'store the read-only segments as direct, page-aligned blocks';

const OWN: { readonly [I in OwnId]: Words<OwnArguments[I]> } = {
  'xip/mount-refused': {
    title: 'Linux does not mount the image',
    cause: ({ reason }) => `Linux does not mount the image on this board: ${reason}`,
    fix: () =>
      'mend what the kernel names, or audit for the board that the image is made for (--phys, --region, --cpu)',
  },
  'xip/extensions-missing': {
    title: 'The image is not made for direct mapping',
    cause: ({ programs }) =>
      `the image has ${plural(programs, 'program or library', 'programs and libraries')} and lacks the flag EXT_BLOCK_POINTERS, so that Linux maps nothing of it directly`,
    fix: () => 'make the image with direct blocks, as mkcramfs -X -X and cramfs mkfs --xip do',
  },
  'xip/physical-base': {
    title: 'The physical base is wrong',
    cause: ({ physBase, past, programs }) =>
      physBase === 0
        ? `the image has no physical address (base 0), so that nothing of ${plural(programs, 'program or library', 'programs and libraries')} can be mapped directly`
        : `the image stands at ${hex(physBase)}, ${plural(past, 'byte')} past a page boundary, so that Linux maps no page of ${plural(programs, 'program or library', 'programs and libraries')} directly`,
    fix: ({ physBase, past }) =>
      physBase === 0
        ? 'put the image into memory-mapped flash, and tell where with --phys'
        : `put the image at a page boundary, such as ${hex(physBase - past)}`,
  },
  'xip/layout-break': {
    title: 'A segment ceases to be direct',
    cause: (args) =>
      `${segmentName(args)} is direct up to block ${String(args.block)}, which is ${KINDS[args.kind]}, and would have to be direct at byte ${String(args.expectedOffset)} of the image`,
    fix: ({ block }) => `store block ${String(block)} and those after it as direct blocks right behind the ones before`,
  },
  'xip/compressed': {
    title: 'A segment is not stored for direct mapping',
    cause: (args) => `${segmentName(args)} begins with block ${String(args.block)}, which is ${KINDS[args.kind]}`,
    fix: () => `${DIRECT_SEGMENTS}, as mkcramfs -X -X and cramfs mkfs --xip do`,
  },
  'xip/misaligned': {
    title: 'A segment is not page aligned in the image',
    cause: (args) =>
      `${segmentName(args)} stands at physical address ${hex(args.physAddress)}, ${plural(args.past, 'byte')} past a page boundary`,
    fix: () => 'align direct blocks to pages, as mkcramfs -X -X does (a single -X aligns to 8 bytes only)',
  },
  'xip/shared-tail': {
    title: "A segment's last page is shared",
    cause: (args) =>
      `${segmentName(args)} ends in block ${String(args.block)}, behind whose end something else stands in the same page`,
    fix: () => 'leave the rest of the last page zero, or make the file end elsewhere than in the segment',
  },
  'xip/zero-offset': {
    title: 'A segment points at the start of the image',
    cause: (args) =>
      `${segmentName(args)} begins with block ${String(args.block)}, which points at byte 0 of the image, which Linux takes for no block`,
    fix: () => 'make the image again: no data can stand where the superblock is',
  },
  'xip/elf-ignored': {
    title: 'The maker of the image did not recognise a program',
    cause: ({ bits, littleEndian, segments }) =>
      `none of ${plural(segments, 'read-only segment')} is direct: a ${hardware(bits, littleEndian)} ELF file, which mkcramfs does not take for a program`,
    fix: ({ bits }) =>
      bits === 64
        ? 'make the image with a tool that knows such programs, as cramfs mkfs --xip does'
        : 'leave it out if it is for another machine, else name it to cramfs mkfs --xip with --xip-files',
  },
  'xip/longer-mapping': {
    title: 'A page more would not be direct',
    cause: (args) =>
      `${segmentName(args)} fills its run of direct blocks: a mapping that takes in block ${String(args.block)}, which is ${KINDS[args.kind]}, is mixed`,
    fix: () => 'nothing, as long as programs map the segment as it is; else store the next block directly as well',
  },
  'xip/unmappable-direct': {
    title: 'Direct blocks that nothing can map',
    cause: ({ block, blocks, bytes }) =>
      `${plural(blocks, 'direct block')} from block ${String(block)} on, ${size(bytes)} of flash, cannot be mapped directly by any request`,
    fix: () => 'compress them, or align them so that they can be mapped',
  },
  'xip/program-fails': {
    title: 'A program does not start',
    cause: ({ outcome, why }) =>
      `started on this board it does not get to its own first instruction (${outcome}): ${why}`,
    fix: () => 'mend what is named, or take away the x from its mode if it is no program for this board',
  },
  'xip/library-missing': {
    title: 'A library is missing',
    cause: ({ library, neededBy, searched }) =>
      searched.length === 0
        ? `${shownPath(neededBy)} names ${library} by its path, and there is no such file`
        : `${library}, needed by ${shownPath(neededBy)}, is in none of the directories searched: ${searched.join(', ')}`,
    fix: ({ library, searched }) =>
      searched.length === 0
        ? `link the library with a soname (-Wl,-soname,${library.slice(library.lastIndexOf('/') + 1)}) and the program again, so that it is searched for, or put it at ${library}`
        : `put ${library} into ${searched.at(-1) ?? ''}, or give its directory (--library-path)`,
  },
  'xip/kernel-hazard': {
    title: 'A mapping goes wrong under this kernel',
    cause: ({ invariant, sees, page, pages, cause, request }) =>
      `a mapping of ${plural(request.length, 'byte')} from byte ${String(request.offset)} of the file (${request.prot}): ${BROKEN[invariant]}${
        page === null ? '' : `, ${plural(pages, 'page')} from page ${String(page)} on`
      }${seen(sees)}${cause === null ? '' : ` (${cause})`}`,
    fix: () => 'run a kernel without this fault: cramfs compare-kernels tells what others do',
  },
  'xip/riscv-icache': {
    title: 'Executing from flash crashes the kernel or corrupts memory (RISC-V)',
    cause: ({ segment, perms, outcome, physAddress }) =>
      `segment ${String(segment)} (${perms}) would be mapped directly from 0x${physAddress.toString(16)}, which has no struct page, and flush_icache_pte() does not test that: ${ICACHE_OUTCOMES[outcome]}`,
    fix: () =>
      'fix flush_icache_pte() in the kernel (return if !pfn_valid(pte_pfn(pte))) and audit with --riscv-icache fixed; or put the image into RAM reserved with no-map (--ram); or store the text compressed',
  },
  'image/duplicate-data': {
    title: 'The same data is stored twice',
    cause: ({ first, bytes }) =>
      `its data, ${size(bytes)} as stored, stands in the image once more for ${shownPath(first)}`,
    fix: ({ first }) =>
      `make it a hard or symbolic link to ${shownPath(first)}, or build with a tool that stores equal files once`,
  },
  'image/alignment-padding': {
    title: 'Padding takes much of the image',
    cause: ({ bytes, imageBytes }) =>
      `${size(bytes)} of ${size(imageBytes)}, ${percent(bytes, imageBytes)}, are padding between aligned blocks`,
    fix: () => 'store fewer segments directly, or order files so that small ones fill the gaps',
  },
  'security/pointer-outside': {
    title: 'A block points outside the image',
    cause: ({ block, target, end }) =>
      `block ${String(block)} points at byte ${String(target)}, the image ends at byte ${String(end)}, and Linux maps whatever memory stands there`,
    fix: () => 'make the image again: programs can read, and execute, memory that is not the image',
  },
  'security/other-file-visible': {
    title: "Another file's bytes can be seen",
    cause: ({ page, other }) => `a mapping of the file shows bytes of ${shownPath(other)} in page ${String(page)}`,
    fix: () => 'run a kernel without the fault, or give the file pages of its own in the image',
  },
  'security/shared-inode': {
    title: 'Files that Linux takes for one',
    cause: ({ first, differences }) =>
      `its data stands where that of ${shownPath(first)} is, so Linux has one inode for both, with the attributes of ` +
      `whichever is looked up first: ${differences.map(inodeDifference).join(', ')}`,
    fix: () => 'give both files the same mode and owner, or let their contents differ in a byte',
  },
  'security/setuid': {
    title: 'A set-user-ID program',
    cause: ({ mode, uid }) => `mode ${octal(mode)}: whoever runs it runs it as user ${String(uid)}`,
    fix: () => 'take the set-user-ID bit away, or make an exception with the reason for it',
  },
  'security/setgid': {
    title: 'A set-group-ID program',
    cause: ({ mode, gid }) => `mode ${octal(mode)}: whoever runs it runs it as group ${String(gid)}`,
    fix: () => 'take the set-group-ID bit away, or make an exception with the reason for it',
  },
  'security/world-writable': {
    title: 'Writable by everybody',
    cause: ({ mode, type }) =>
      `${type === 'directory' ? 'the directory' : 'it'} has mode ${octal(mode)}: once unpacked, everybody may write to it`,
    fix: () => 'take write permission away from others, or set the sticky bit of a directory that needs it',
  },
  'security/device-node': {
    title: 'A device node',
    cause: ({ type, major, minor }) =>
      `a ${type === 'chardev' ? 'character' : 'block'} device, ${String(major)}:${String(minor)}, in the image`,
    fix: () => 'let devtmpfs make device nodes, or make an exception for those that are needed before it is there',
  },
  'policy/requirement-unmet': {
    title: 'A requirement of the policy is not met',
    cause: ({ wanted, direct, found, segment }) => {
      const what = segment === null ? 'the file' : segmentName(segment);
      if (direct !== null) {
        const { share, directPages, pages } = direct;
        return `${what} is to run from flash to ${String(share)} %, and ${String(directPages)} of ${plural(pages, 'page')} ${directPages === 1 ? 'does' : 'do'}`;
      }
      const is = found === null ? 'cannot be mapped' : `is ${STATES[found]}`;
      return `${what} is to be ${STATES[wanted ?? 'none']}, and ${is}`;
    },
    fix: () => `${DIRECT_SEGMENTS}; the other findings of this path tell what is in the way`,
  },
  'policy/requirement-unmatched': {
    title: 'A requirement of the policy is about no file',
    cause: ({ paths }) => `no file of the image matches ${paths.join(' ')}`,
    fix: () => 'put the files into the image, or take the requirement out of the policy',
  },
  'policy/over-budget': {
    title: 'A budget of the policy is exceeded',
    cause: ({ budget, limit, value }) =>
      budget === 'text'
        ? `${String(value)} % of the text is direct, and the policy wants ${String(limit)} %`
        : `${BUDGETS[budget]}: ${size(value)}, and the policy allows ${size(limit)}`,
    fix: ({ budget }) =>
      budget === 'text' || budget === 'ram'
        ? DIRECT_SEGMENTS
        : 'take files out, compress what need not be direct, or raise the budget',
  },
  'policy/region-too-small': {
    title: 'The image does not fit its region',
    cause: ({ region, imageBytes }) => `the image has ${size(imageBytes)}, and the region ${size(region)}`,
    fix: () => 'take files out, compress what need not be direct, or enlarge the partition',
  },
  'policy/exception-expired': {
    title: 'An exception of the policy has expired',
    cause: ({ expires, reason }) => `the exception "${reason}" held until ${expires}`,
    fix: () => 'mend what it excuses, or decide on a new date',
  },
  'policy/exception-unused': {
    title: 'An exception of the policy excuses nothing',
    cause: ({ reason }) => `nothing in the image needs the exception "${reason}"`,
    fix: () => 'take the exception out of the policy',
  },
};

const BUDGETS = { flash: 'the image', padding: 'padding', ram: 'RAM for file mappings' } as const;

function percent(part: number, whole: number): string {
  return `${String(whole === 0 ? 0 : Math.round((part / whole) * 1000) / 10)} %`;
}

/** The words of an id, for arguments of whatever type: that they fit is what the table is typed for. */
function ownWords(id: OwnId): Words<unknown> {
  return OWN[id] as Words<unknown>;
}

/** What a finding is about, in a few words. */
export function auditTitle(id: AuditId): string {
  const code = codeOf(id);
  return code === undefined ? OWN[id as OwnId].title : CHECK_FIXES[code].title;
}

/** Why a finding is made, in one sentence without severity, place and path. */
export function auditCause(finding: AuditFinding): string {
  const code = codeOf(finding.id);
  if (code === undefined) return ownWords(finding.id as OwnId).cause(finding.args);
  return findingText({ code, args: finding.args } as Pick<Finding, 'code' | 'args'> as Finding);
}

/** What to do about a finding, in one sentence. */
export function auditFix(finding: AuditFinding): string {
  const code: FindingCode | undefined = codeOf(finding.id);
  return code === undefined ? ownWords(finding.id as OwnId).fix(finding.args) : CHECK_FIXES[code].fix;
}
