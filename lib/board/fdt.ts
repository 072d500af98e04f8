/**
 * Flattened device trees (.dtb), Devicetree Specification chapter 5. All numbers are big-endian, 32 bits.
 */
import { badTable } from './partitionTable.ts';
import { type DeviceTreeNode, MAX_DEPTH, MAX_PARTS, newNode } from './deviceTreeNode.ts';

const MAGIC = 0xd00dfeed;
const HEADER_SIZE = 40;
/** Oldest version whose structure is read; 17 is the usual one. */
const OLDEST = 16;

const BEGIN_NODE = 1;
const END_NODE = 2;
const PROP = 3;
const NOP = 4;
const END = 9;

/** Whether bytes begin as a flattened device tree does. */
export function isFdt(bytes: Uint8Array): boolean {
  return bytes[0] === 0xd0 && bytes[1] === 0x0d && bytes[2] === 0xfe && bytes[3] === 0xed;
}

/**
 * Reads a flattened device tree.
 *
 * @param name of its file, for errors
 * @returns the root
 * @throws CramfsError BAD_TABLE with the offset of what is wrong
 */
export function readFdt(bytes: Uint8Array, name: string): DeviceTreeNode {
  const { structure, strings, base } = readHeader(bytes, name);
  const view = new DataView(structure.buffer, structure.byteOffset, structure.byteLength);
  let at = 0;
  const bad = (found: string, where = at): Error => badTable(name, found, base + where);
  const word = (): number => {
    if (at + 4 > structure.length) throw bad('the tree ends in the middle');
    at += 4;
    return view.getUint32(at - 4);
  };
  let root: DeviceTreeNode | null = null;
  let node: DeviceTreeNode | null = null;
  let depth = 0;
  for (let parts = 0; ;) {
    const start = at;
    const token = word();
    if (token === NOP) continue;
    if (token === BEGIN_NODE) {
      const end = structure.indexOf(0, at);
      if (end < 0) throw bad('the name of a node does not end');
      if (node === null && root !== null) throw bad('there is a second root node', start);
      if (depth++ >= MAX_DEPTH) throw bad(`nodes are nested deeper than ${String(MAX_DEPTH)}`, start);
      node = newNode(latin1(structure.subarray(at, end)), node);
      root ??= node;
      at = align(end + 1);
    } else if (token === END_NODE) {
      if (node === null) throw bad('a node ends that has not begun', start);
      node = node.parent;
      depth--;
    } else if (token === PROP) {
      const length = word();
      const nameOffset = word();
      if (node === null) throw bad('a property is outside of the nodes', start);
      if (at + length > structure.length)
        throw bad(`a property of ${String(length)} bytes extends past the end of the tree`, start);
      const end = nameOffset < strings.length ? strings.indexOf(0, nameOffset) : -1;
      if (end < 0) throw bad(`the name of a property is outside of the strings (${String(nameOffset)})`, start);
      const property = latin1(strings.subarray(nameOffset, end));
      node.properties.set(property, { name: property, bytes: structure.slice(at, at + length), isKnown: true });
      at = align(at + length);
    } else if (token === END) {
      if (root === null || node !== null) throw bad('the tree ends inside of a node', start);
      return root;
    } else {
      throw bad(`${String(token)} is not a token`, start);
    }
    if (++parts > MAX_PARTS) throw bad(`more than ${String(MAX_PARTS)} nodes and properties`, start);
  }
}

interface FdtBlocks {
  readonly structure: Uint8Array;
  readonly strings: Uint8Array;
  /** Offset of the structure in the file. */
  readonly base: number;
}

function readHeader(bytes: Uint8Array, name: string): FdtBlocks {
  if (bytes.length < HEADER_SIZE) throw badTable(name, 'the header of the device tree is cut short', bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // 0 – magic
  if (view.getUint32(0) !== MAGIC) throw badTable(name, 'it is not a device tree', 0);
  // 4 – totalsize
  const totalSize = view.getUint32(4);
  if (totalSize > bytes.length || totalSize < HEADER_SIZE) {
    throw badTable(name, `the device tree has ${String(totalSize)} bytes, and the file ${String(bytes.length)}`, 4);
  }
  // 8 – off_dt_struct
  const structStart = view.getUint32(8);
  // 12 – off_dt_strings
  const stringsStart = view.getUint32(12);
  // 16 – off_mem_rsvmap: reserved memory, which does not matter here
  // 20 – version
  const version = view.getUint32(20);
  // 24 – last_comp_version
  const lastCompatible = view.getUint32(24);
  if (version < OLDEST || lastCompatible > 17) {
    throw badTable(name, `version ${String(version)} of the format is not supported, only 16 and 17`, 20);
  }
  // 28 – boot_cpuid_phys
  // 32 – size_dt_strings
  const stringsSize = view.getUint32(32);
  // 36 – size_dt_struct, since version 17
  const structSize = version >= 17 ? view.getUint32(36) : totalSize - structStart;
  for (const [what, start, size, field] of [
    ['structure', structStart, structSize, 8],
    ['strings', stringsStart, stringsSize, 12],
  ] as const) {
    if (start + size > totalSize || size < 0) {
      throw badTable(name, `the ${what} of the device tree would extend past its end`, field);
    }
  }
  if (structStart % 4 !== 0) throw badTable(name, 'the structure of the device tree is not aligned to 4 bytes', 8);
  return {
    structure: bytes.subarray(structStart, structStart + structSize),
    strings: bytes.subarray(stringsStart, stringsStart + stringsSize),
    base: structStart,
  };
}

const align = (at: number): number => (at + 3) & ~3;
const latin1 = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);
