/**
 * The text of a policy: YAML 1.2 or JSON, which is a part of it; and where each value and key stands in it.
 */
import {
  Alias,
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
} from 'yaml';
import type { TextProblem } from '../base/errors.ts';

/** Largest file, in characters. */
const MAX_LENGTH = 128 * 1024;
/** Uses of anchors. */
const MAX_ALIASES = 100;
const TOO_DEEP = 'the file is nested too deeply';

/** A way into the data: keys and indexes. */
export type DataPath = readonly PropertyKey[];

/** A text that was read. */
export interface PolicyDocument {
  /** The data, as JSON would have it; undefined where the text cannot be made sense of. */
  readonly data: unknown;
  readonly problems: readonly TextProblem[];
  /** A problem with the value at a path; where there is none, with what would hold it. */
  readonly problemAt: (path: DataPath, message: string) => TextProblem;
  /** A problem with a key of the mapping at a path. */
  readonly problemAtKey: (path: DataPath, key: string, message: string) => TextProblem;
}

/** Reads the text of a policy. */
export function readDocument(text: string): PolicyDocument {
  const counter = new LineCounter();
  const problem = (offset: number, message: string): TextProblem => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col), message };
  };
  if (text.length > MAX_LENGTH) {
    return unreadable(`the file has ${text.length} characters, and a policy has at most ${MAX_LENGTH}`);
  }
  let document: Document.Parsed;
  let data: unknown;
  const problems: TextProblem[] = [];
  let isWhole = true;
  try {
    document = parseDocument(text, { lineCounter: counter, prettyErrors: false, logLevel: 'error' });
    // yaml keeps its own running out of stack as an error of the text.
    if (document.errors.some(({ message }) => /call stack/i.test(message))) return unreadable(TOO_DEEP);
    for (const error of document.errors) {
      if (error.code !== 'DUPLICATE_KEY') isWhole = false;
      problems.push(problem(error.pos[0], syntaxSentence(error, text)));
    }
    for (const warning of document.warnings) problems.push(problem(warning.pos[0], syntaxSentence(warning, text)));
    if (isWhole) data = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    // yaml recurses, and throws ReferenceErrors over aliases.
    if (error instanceof RangeError) return unreadable(TOO_DEEP);
    if (!(error instanceof ReferenceError)) throw error;
    return unreadable(
      error.message.startsWith('Unresolved alias')
        ? `there is no anchor "&${/: (.*)$/.exec(error.message)?.[1] ?? ''}" before its alias`
        : `the file has more than ${MAX_ALIASES} aliases, or aliases of aliases`,
    );
  }
  const problemAt: PolicyDocument['problemAt'] = (path, message) => {
    for (let length = path.length; length > 0; length--) {
      const range = findNode(document, path.slice(0, length))?.range;
      if (range) return problem(range[0], message);
    }
    return problem(document.contents?.range[0] ?? 0, message);
  };
  const offsets = new Map<Node, ReadonlyMap<string, number>>();
  const problemAtKey: PolicyDocument['problemAtKey'] = (path, key, message) => {
    const node = findNode(document, path);
    if (node === null) return problemAt(path, message);
    const ofKeys = offsets.get(node) ?? keyOffsets(node);
    offsets.set(node, ofKeys);
    const offset = ofKeys.get(key);
    return offset === undefined ? problemAt(path, message) : problem(offset, message);
  };
  return { data, problems, problemAt, problemAtKey };
}

function unreadable(message: string): PolicyDocument {
  const problem: TextProblem = { line: 1, column: 1, message };
  return { data: undefined, problems: [problem], problemAt: () => problem, problemAtKey: () => problem };
}

/** A key as it becomes the name of a property. */
function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

/** Where the keys of a mapping stand. */
function keyOffsets(node: Node): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  if (!isMap(node)) return offsets;
  for (const { key } of node.items) {
    const range = isScalar(key) ? key.range : null;
    if (range) offsets.set(keyText(key), range[0]);
  }
  return offsets;
}

/** The node at a path, aliases followed; null where there is none. */
function findNode(document: Document.Parsed, path: DataPath): Node | null {
  let node: unknown = document.contents;
  for (const step of path) {
    node = follow(node, document);
    if (isMap(node)) node = node.items.find((item) => keyText(item.key) === step)?.value;
    else if (isSeq(node) && typeof step === 'number') node = node.items[step];
    else return null;
  }
  return (follow(node, document) as Node | null | undefined) ?? null;
}

function follow(node: unknown, document: Document.Parsed): unknown {
  return node instanceof Alias ? node.resolve(document) : node;
}

/** What yaml has to say, as the end of a line "FILE:LINE:COLUMN: …". */
function syntaxSentence({ code, message, pos }: YAMLError, text: string): string {
  if (code === 'DUPLICATE_KEY') {
    const key = /^[^\s:,{}]+/.exec(text.slice(pos[0]))?.[0] ?? '';
    return `the key ${key.startsWith('"') ? key : `"${key}"`} appears twice`;
  }
  if (code === 'MULTIPLE_DOCS') return 'a policy is one document, and here a second one begins';
  if (code === 'TAG_RESOLVE_FAILED') return `tags mean nothing in a policy: ${message.replace(/^.*: /, '')}`;
  return `${message.charAt(0).toLowerCase()}${message.slice(1).replace(/[.]$/, '')}`;
}
