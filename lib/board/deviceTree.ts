/**
 * Partitions in a device tree: fixed-partitions, and the address of the flash that they are on
 * (Linux: drivers/mtd/parsers/ofpart_core.c, parse_fixed_partitions(); drivers/of/address.c, of_translate_address()).
 */
import { type DeviceTreeNode, nodePath, stringsOf } from './deviceTreeNode.ts';
import { badTable, MAX_PARTITIONS, type Partition } from './partitionTable.ts';

const FIXED = 'fixed-partitions';
/** Flash whose partitions may be nodes right below it, as older trees have them. */
const FLASH = new Set([
  'cfi-flash',
  'jedec-flash',
  'mtd-rom',
  'mtd-ram',
  'mtd-cfi',
  'jedec,spi-nor',
  'm25p80',
  'direct-mapped',
]);

/** A flash device, or a partition that has partitions. */
interface Device {
  readonly name: string;
  /** Physical address; null if the CPU does not see it. */
  readonly base: number | null;
  readonly noBase: string | null;
  /** Bytes; null where the tree does not have them. */
  readonly size: number | null;
}

/**
 * The fixed partitions of a tree.
 *
 * @param file name of the tree, for errors
 * @throws CramfsError BAD_TABLE
 */
export function treePartitions(root: DeviceTreeNode, file: string): Partition[] {
  const partitions: Partition[] = [];
  const visit = (node: DeviceTreeNode, parent: Device | null): void => {
    const table = tableOf(node);
    const handled = new Set<DeviceTreeNode | null>([table]);
    const device = table === null ? null : (parent ?? deviceOf(node, file));
    for (const child of table?.children ?? []) {
      // A node of another purpose: nvmem cells, for example.
      if (device === null || !child.properties.has('reg') || (table === node && !isPartition(child))) continue;
      if (partitions.length >= MAX_PARTITIONS) throw badTable(file, `it has more than ${MAX_PARTITIONS} partitions`);
      const partition = partitionOf(child, table ?? node, device, file);
      partitions.push(partition);
      handled.add(child);
      // A partition may have partitions of its own.
      const { flashBase, noBase, offset, size } = partition;
      const base = flashBase === null ? null : flashBase + offset;
      visit(child, { name: nodePath(child), base, noBase, size });
    }
    for (const child of node.children) if (!handled.has(child)) visit(child, null);
  };
  visit(root, null);
  return partitions;
}

/** The node whose children are the partitions of a device; null if it has none. */
function tableOf(node: DeviceTreeNode): DeviceTreeNode | null {
  const dedicated = node.children.find(({ name }) => name === 'partitions');
  if (dedicated !== undefined) return isCompatible(dedicated, FIXED) ? dedicated : null;
  if (isCompatible(node, FIXED)) return node;
  const isFlash = stringsOf(node.properties.get('compatible')).some((each) => FLASH.has(each));
  return isFlash && node.children.some((child) => child.properties.has('reg') && isPartition(child)) ? node : null;
}

/** Whether a node next to others of other purposes is a partition: one of no driver, or one that has partitions. */
function isPartition(node: DeviceTreeNode): boolean {
  return !node.properties.has('compatible') || isCompatible(node, FIXED);
}

function isCompatible(node: DeviceTreeNode, wanted: string): boolean {
  return stringsOf(node.properties.get('compatible')).includes(wanted);
}

function partitionOf(node: DeviceTreeNode, table: DeviceTreeNode, device: Device, file: string): Partition {
  const cells = cellsBelow(table, file);
  const ranges = regOf(node, cells, file);
  const [range] = ranges;
  if (range === undefined || ranges.length !== 1) {
    throw badTable(file, `${nodePath(node)}: reg must have ${String(cells.address + cells.size)} cells`);
  }
  const [label] = stringsOf(node.properties.get('label') ?? node.properties.get('name'));
  const name = label ?? node.name.replace(/@.*$/, '');
  const { address: offset } = range;
  // MTDPART_SIZ_FULL: all that is left.
  const size = range.size === 0 ? (device.size === null ? null : device.size - offset) : range.size;
  if (device.size !== null && (offset >= device.size || offset + (size ?? 0) > device.size)) {
    throw badTable(
      file,
      `the partition "${name}" (${nodePath(node)}) extends past the end of its flash, ${String(device.size)} bytes`,
    );
  }
  return { name, device: device.name, offset, size, flashBase: device.base, noBase: device.noBase };
}

/** A flash node: its address as the CPU sees it. */
function deviceOf(node: DeviceTreeNode, file: string): Device {
  const name = nodePath(node);
  const { parent } = node;
  const none = (noBase: string, size: number | null = null): Device => ({ name, base: null, noBase, size });
  if (parent === null || !node.properties.has('reg')) return none(`${name} has no address (no reg)`);
  const cells = cellsBelow(parent, file);
  // A chip select: a serial flash, which a controller reads for the CPU.
  if (cells.size === 0) return none(`${name} is on a bus without addresses`);
  const ranges = regOf(node, cells, file);
  const [range] = ranges;
  if (range === undefined) throw badTable(file, `${name}: reg has no whole address and size`);
  if (ranges.length > 1) {
    const size = ranges.reduce((sum, each) => sum + each.size, 0);
    return none(`${name} has ${String(ranges.length)} banks, which Linux concatenates and cannot map as one`, size);
  }
  const base = translate(range.address, parent, file);
  if (base === null) return none(`${name} is on a bus whose addresses the CPU does not see (no ranges)`, range.size);
  return { name, base, noBase: null, size: range.size };
}

/** of_translate_address(): an address on a bus as the CPU sees it; null where a bus has no `ranges`. */
function translate(address: number, bus: DeviceTreeNode, file: string): number | null {
  let here = address;
  for (let node = bus; node.parent !== null; node = node.parent) {
    const ranges = node.properties.get('ranges');
    if (ranges === undefined) return null;
    if (ranges.bytes.length === 0) continue;
    const child = cellsBelow(node, file);
    const parent = cellsBelow(node.parent, file);
    const cells = numbersOf(node, 'ranges', file);
    const step = child.address + parent.address + child.size;
    if (step === 0 || cells.length % step !== 0)
      throw badTable(file, `${nodePath(node)}: ranges does not consist of whole entries`);
    let found: number | null = null;
    for (let at = 0; at < cells.length && found === null; at += step) {
      const from = join(cells.slice(at, at + child.address));
      const to = join(cells.slice(at + child.address, at + child.address + parent.address));
      const size = join(cells.slice(at + child.address + parent.address, at + step));
      if (here >= from && here < from + size) found = to + (here - from);
    }
    if (found === null) return null;
    here = found;
  }
  if (!Number.isSafeInteger(here)) throw badTable(file, `the address of ${nodePath(bus)} is too large`);
  return here;
}

interface Cells {
  readonly address: number;
  readonly size: number;
}

/** #address-cells and #size-cells of a node, which its children's reg have. */
function cellsBelow(node: DeviceTreeNode, file: string): Cells {
  const one = (name: string, otherwise: number): number => {
    if (!node.properties.has(name)) return otherwise;
    const [cells, ...rest] = numbersOf(node, name, file);
    if (cells === undefined || rest.length > 0 || cells > 4)
      throw badTable(file, `${nodePath(node)}: ${name} must be a number from 0 to 4`);
    return cells;
  };
  return { address: one('#address-cells', 2), size: one('#size-cells', 1) };
}

/** The (address, size) pairs of reg. */
function regOf(node: DeviceTreeNode, { address, size }: Cells, file: string): { address: number; size: number }[] {
  const cells = numbersOf(node, 'reg', file);
  const step = address + size;
  if (step === 0 || cells.length % step !== 0) {
    throw badTable(file, `${nodePath(node)}: reg has ${String(cells.length)} cells, not a multiple of ${String(step)}`);
  }
  return Array.from({ length: cells.length / step }, (_, index) => {
    const start = cells.slice(index * step, (index + 1) * step);
    const pair = { address: join(start.slice(0, address)), size: join(start.slice(address)) };
    if (!Number.isSafeInteger(pair.address + pair.size))
      throw badTable(file, `${nodePath(node)}: reg has too large numbers`);
    return pair;
  });
}

function numbersOf(node: DeviceTreeNode, name: string, file: string): number[] {
  const property = node.properties.get(name);
  const bytes = property?.bytes ?? new Uint8Array(0);
  if (property?.isKnown === false) {
    throw badTable(
      file,
      `${nodePath(node)}: ${name} has macros or references: preprocess the file (cpp -nostdinc), or use the .dtb`,
    );
  }
  if (bytes.length % 4 !== 0) throw badTable(file, `${nodePath(node)}: ${name} does not consist of 32-bit cells`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4));
}

/** The number in cells, the most significant first. It may be larger than a safe integer. */
const join = (cells: readonly number[]): number => cells.reduce((value, cell) => value * 2 ** 32 + cell, 0);
