/**
 * Device tree source (.dts), Devicetree Specification chapter 6: enough of it for partitions. Values that need the C
 * preprocessor's conditionals or another node's phandle are kept as unknown.
 */
import { badTableAt } from './partitionTable.ts';
import { type DeviceTreeNode, MAX_DEPTH, MAX_PARTS, newNode, nodePath } from './deviceTreeNode.ts';
import { dtsExpression, type DtsMacros, type DtsWords, macroValue } from './dtsExpression.ts';
import { type DtsInput, type DtsToken, dtsTokens, included, type IncludeReader } from './dtsTokens.ts';

/** Macros that are evaluated in a source, at most. */
const MAX_EVALUATIONS = 10_000;

/** Whether a text looks like device tree source. */
export function isDts(text: string): boolean {
  return /\/dts-v1\/|\/plugin\/|fixed-partitions|^\s*(?:\/|&[\w{/]+\}?)\s*\{/m.test(text);
}

/**
 * Reads a source.
 *
 * @param name of its file, for errors
 * @returns the root
 * @throws CramfsError BAD_TABLE with line and column
 */
export function readDts(text: string, name: string, include: IncludeReader): DeviceTreeNode {
  return new DtsReader(text, name, include).read();
}

class DtsReader implements DtsWords {
  readonly #root = newNode('', null);
  readonly #labels = new Map<string, DeviceTreeNode>();
  readonly #input: DtsInput;
  readonly #macros: DtsMacros;
  /** The words of the file, and of those that it includes in its own way. */
  readonly #streams: Iterator<DtsToken, void>[];
  #token: DtsToken;
  #parts = 0;

  constructor(text: string, name: string, include: IncludeReader) {
    this.#input = { include, macros: new Map(), values: new Map(), length: 0 };
    this.#macros = { texts: this.#input.macros, values: this.#input.values, left: MAX_EVALUATIONS };
    this.#streams = [dtsTokens(text, name, this.#input)];
    this.#token = { kind: 'end', text: '', line: 1, column: 1, file: name };
    this.#token = this.#read();
  }

  peek(): DtsToken {
    return this.#token;
  }

  next(): DtsToken {
    const token = this.#token;
    if (token.kind !== 'end') this.#token = this.#read();
    return token;
  }

  error({ file, line, column }: DtsToken, message: string): Error {
    return badTableAt(file, { line, column, message });
  }

  #read(): DtsToken {
    for (;;) {
      const stream = this.#streams[this.#streams.length - 1];
      const result = stream?.next();
      if (result === undefined) return this.#token;
      if (result.done !== true) return result.value;
      this.#streams.pop();
    }
  }

  read(): DeviceTreeNode {
    for (;;) {
      const token = this.next();
      if (token.kind === 'end') return this.#root;
      const labels = this.#takeLabels(token);
      const word = labels.token;
      if (this.#directive(word)) continue;
      if (word.text === '/memreserve/') this.#skipTo(';');
      else if (word.text === '/' && this.peek().text === '{') this.#body(this.#root, labels.names);
      else if (word.text === '&') {
        const node = this.#reference(word);
        // A tree that is laid over another has no nodes of its own: what it says is kept under its label.
        this.#body(node, labels.names);
      } else throw this.error(word, `expected "/ {" or "&label {", not "${word.text}"`);
    }
  }

  /** /dts-v1/; /plugin/; /include/ "file" /delete-node/ &label; Whether it was one. */
  #directive(word: DtsToken): boolean {
    switch (word.text) {
      case '/dts-v1/':
      case '/plugin/':
        this.#expect(';');
        return true;
      case '/include/': {
        const file = this.next();
        if (file.kind !== 'string') throw this.error(file, 'expected the name of a file');
        // The word that was read ahead belongs after the file.
        const ahead = this.#token;
        this.#streams.push([ahead][Symbol.iterator]());
        const place = { file: word.file, line: word.line, input: this.#input, depth: this.#streams.length };
        this.#streams.push(included(file.text, place));
        this.#token = this.#read();
        return true;
      }
      case '/delete-node/': {
        const target = this.next();
        if (target.text === '&') this.#remove(this.#reference(target));
        this.#expect(';');
        return true;
      }
      case '/omit-if-no-ref/':
        return true;
      default:
        return false;
    }
  }

  /** Labels before a name: "flash0: ". */
  #takeLabels(first: DtsToken): { names: string[]; token: DtsToken } {
    const names: string[] = [];
    let token = first;
    while (token.kind === 'word' && this.peek().text === ':') {
      names.push(token.text);
      this.next();
      token = this.next();
    }
    return { names, token };
  }

  /** The node after "&": a label, or a path in braces. */
  #reference(at: DtsToken): DeviceTreeNode {
    const token = this.next();
    if (token.text !== '{') {
      const node = this.#labels.get(token.text);
      if (node !== undefined) return node;
      const overlay = newNode(`&${token.text}`, this.#root);
      this.#labels.set(token.text, overlay);
      return overlay;
    }
    const path = this.next();
    this.#expect('}');
    let node: DeviceTreeNode = this.#root;
    for (const name of path.text.split('/').filter((each) => each !== '')) {
      const child = node.children.find((each) => each.name === name);
      if (child === undefined) throw this.error(at, `there is no node ${path.text}`);
      node = child;
    }
    return node;
  }

  /** "{ … };" */
  #body(start: DeviceTreeNode, labels: readonly string[]): void {
    this.#label(start, labels);
    this.#expect('{');
    // A loop and not a recursion, so that deep nesting does not end the stack.
    const open: DeviceTreeNode[] = [start];
    for (;;) {
      const node = open[open.length - 1];
      if (node === undefined) return;
      const first = this.next();
      if (first.kind === 'end') throw this.error(first, `the node ${nodePath(node)} does not end`);
      const { names, token } = this.#takeLabels(first);
      if (token.text === '}') {
        this.#expect(';');
        open.pop();
      } else if (token.text === '/delete-property/') {
        node.properties.delete(this.next().text);
        this.#expect(';');
      } else if (token.text === '/delete-node/' && this.peek().text !== '&') {
        const name = this.next().text;
        const child = node.children.find((each) => each.name === name);
        if (child !== undefined) this.#remove(child);
        this.#expect(';');
      } else if (!this.#directive(token)) {
        if (++this.#parts > MAX_PARTS) throw this.error(token, `more than ${MAX_PARTS} nodes and properties`);
        if (token.kind !== 'word') throw this.error(token, `expected a name, not "${token.text}"`);
        if (this.peek().text === '{') {
          this.next();
          if (open.length >= MAX_DEPTH) throw this.error(token, `nodes are nested deeper than ${MAX_DEPTH}`);
          const child = node.children.find((each) => each.name === token.text) ?? newNode(token.text, node);
          this.#label(child, names);
          open.push(child);
        } else this.#property(node, token);
      }
    }
  }

  /** "name;" or "name = value, value;" */
  #property(node: DeviceTreeNode, name: DtsToken): void {
    const bytes: number[] = [];
    let isKnown = true;
    const after = this.next();
    if (after.text === '=') {
      for (;;) {
        isKnown = this.#value(bytes) && isKnown;
        const mark = this.next();
        if (mark.text === ';') break;
        if (mark.text !== ',') throw this.error(mark, `expected "," or ";", not "${mark.text}"`);
      }
    } else if (after.text !== ';')
      throw this.error(after, `expected "=" or ";" after ${name.text}, not "${after.text}"`);
    node.properties.set(name.text, { name: name.text, bytes: Uint8Array.from(bytes), isKnown });
  }

  /** A string, cells, bytes or a reference. Whether all of it is known. */
  #value(bytes: number[]): boolean {
    const { token } = this.#takeLabels(this.next());
    if (token.kind === 'string') {
      bytes.push(...[...new TextEncoder().encode(token.text)], 0);
      return true;
    }
    if (token.text === '<') return this.#cells(bytes, 32);
    if (token.text === '/bits/') {
      const bits = Number(this.next().text);
      if (![8, 16, 32, 64].includes(bits)) throw this.error(token, '/bits/ must be 8, 16, 32 or 64');
      this.#expect('<');
      return this.#cells(bytes, bits);
    }
    if (token.text === '[') return this.#hexadecimal(bytes);
    if (token.text === '&') {
      this.next();
      return false;
    }
    if (token.text === '/incbin/') {
      this.#skipTo(')');
      return false;
    }
    // A macro: one of a string, or of anything.
    if (token.kind === 'word') return false;
    throw this.error(token, `expected a value, not "${token.text}"`);
  }

  #cells(bytes: number[], bits: number): boolean {
    let isKnown = true;
    for (;;) {
      const token = this.peek();
      if (token.text === '>' && token.kind === 'mark') {
        this.next();
        return isKnown;
      }
      let value: bigint | null;
      if (token.text === '&') {
        this.next();
        if (this.next().text === '{') this.#skipTo('}');
        value = null;
      } else if (token.text === '(') {
        this.next();
        value = dtsExpression(this, (word) => macroValue(word, this.#macros));
        this.#expect(')');
      } else if (token.kind === 'char') value = BigInt(this.next().text.charCodeAt(0) || 0);
      else if (token.kind === 'word') {
        this.next();
        value = macroValue(token.text, this.#macros);
        // A macro with arguments.
        if (value === null && this.peek().text === '(') this.#skipTo(')');
        if (this.peek().text === ':') this.next();
      } else throw this.error(token, `expected a number or ">", not "${token.text}"`);
      if (value === null) isKnown = false;
      const cut = BigInt.asUintN(bits, value ?? 0n);
      if (value !== null && value !== cut && BigInt.asUintN(64, BigInt.asIntN(bits, value)) !== value) {
        throw this.error(token, `the number does not fit into ${bits} bits`);
      }
      for (let shift = bits - 8; shift >= 0; shift -= 8) bytes.push(Number((cut >> BigInt(shift)) & 0xffn));
    }
  }

  #hexadecimal(bytes: number[]): boolean {
    for (;;) {
      const token = this.next();
      if (token.text === ']') return true;
      if (!/^([0-9a-fA-F]{2})+$/.test(token.text))
        throw this.error(token, `expected bytes as in [00 ff], not "${token.text}"`);
      for (let at = 0; at < token.text.length; at += 2) bytes.push(parseInt(token.text.slice(at, at + 2), 16));
    }
  }

  #label(node: DeviceTreeNode, labels: readonly string[]): void {
    for (const label of labels) this.#labels.set(label, node);
  }

  #remove(node: DeviceTreeNode): void {
    const siblings = node.parent?.children ?? [];
    const at = siblings.indexOf(node);
    if (at >= 0) siblings.splice(at, 1);
  }

  #skipTo(text: string): void {
    for (;;) {
      const token = this.next();
      if (token.text === text) return;
      if (token.kind === 'end') throw this.error(token, `expected "${text}"`);
    }
  }

  #expect(text: string): void {
    const token = this.next();
    if (token.text !== text || token.kind === 'string')
      throw this.error(token, `expected "${text}", not "${token.text}"`);
  }
}
