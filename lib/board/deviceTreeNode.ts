/** Nodes of a device tree, the same for both of its forms: source (.dts) and flattened (.dtb). */

/** Nodes that are nested deeper are refused. */
export const MAX_DEPTH = 64;
/** Nodes and properties of a tree, at most. */
export const MAX_PARTS = 200_000;

/** A property. */
export interface DeviceTreeProperty {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Whether all bytes are known: in a source, macros and references to labels are not. */
  readonly isKnown: boolean;
}

/** A node. */
export interface DeviceTreeNode {
  /** With its unit address: "partition@500000"; "" for the root. */
  readonly name: string;
  readonly parent: DeviceTreeNode | null;
  readonly properties: Map<string, DeviceTreeProperty>;
  readonly children: DeviceTreeNode[];
}

/** A node without contents, entered among its parent's children. */
export function newNode(name: string, parent: DeviceTreeNode | null): DeviceTreeNode {
  const node: DeviceTreeNode = { name, parent, properties: new Map(), children: [] };
  parent?.children.push(node);
  return node;
}

/** "/soc/flash@42000000". */
export function nodePath(node: DeviceTreeNode): string {
  const names: string[] = [];
  for (let each: DeviceTreeNode = node; each.parent !== null; each = each.parent) names.unshift(each.name);
  return `/${names.join('/')}`;
}

/** The strings of a property: NUL-terminated, one after the other. */
export function stringsOf(property: DeviceTreeProperty | undefined): string[] {
  if (property === undefined || property.bytes.length === 0) return [];
  const text = new TextDecoder('latin1').decode(property.bytes);
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0');
}
