/** Expressions of device tree source: those of C over 64-bit numbers, in parentheses. */
import { type DtsInput, type DtsToken, dtsTokens } from './dtsTokens.ts';

/** Words in a row. */
export interface DtsWords {
  peek(): DtsToken;
  next(): DtsToken;
  error(token: DtsToken, message: string): Error;
}

/** Binary operators, from those that bind least. */
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
/** Parentheses in parentheses, at most. */
const MAX_DEPTH = 64;
/** Characters of a macro that is evaluated, at most. */
const MAX_MACRO_LENGTH = 1000;
/** Macros in macros, at most. */
const MAX_MACROS = 16;

/**
 * Evaluates an expression; null where a macro is not known.
 *
 * @param value what a word means; null for one that is not known
 * @throws CramfsError BAD_TABLE
 */
export function dtsExpression(words: DtsWords, value: (word: string) => bigint | null, depth = 0): bigint | null {
  if (depth > MAX_DEPTH) throw words.error(words.peek(), `an expression is nested deeper than ${MAX_DEPTH}`);
  const condition = binary(words, value, 0, depth);
  if (words.peek().text !== '?') return condition;
  words.next();
  const yes = dtsExpression(words, value, depth + 1);
  expect(words, ':');
  const no = dtsExpression(words, value, depth + 1);
  return condition === null ? null : condition !== 0n ? yes : no;
}

/** The value of a number: 0x…, octal, decimal, with C's suffixes; null for what is none. */
export function dtsNumber(text: string): bigint | null {
  const digits = /^(0x[0-9a-f]+|[0-9]+)[ul]{0,3}$/i.exec(text)?.[1];
  if (digits === undefined || digits.length > 24) return null;
  if (!/^0[0-9]+$/.test(digits)) return BigInt(digits);
  return /^[0-7]+$/.test(digits) ? BigInt(`0o${digits}`) : null;
}

/** Macros of a source. */
export interface DtsMacros {
  readonly texts: ReadonlyMap<string, string>;
  /** What they come to, as far as it was needed; whoever changes a text empties it. */
  readonly values: Map<string, bigint | null>;
  /** Evaluations that may still come. */
  left: number;
}

/** What a word means: a number, or a macro that is an expression; null for what is not known. */
export function macroValue(word: string, macros: DtsMacros, depth = 0): bigint | null {
  const number = dtsNumber(word);
  if (number !== null) return number;
  const known = macros.values.get(word);
  if (known !== undefined) return known;
  const text = macros.texts.get(word);
  if (text === undefined || text === '' || text.length > MAX_MACRO_LENGTH) return null;
  if (depth > MAX_MACROS || macros.left-- <= 0) return null;
  const value = evaluate(word, text, macros, depth);
  macros.values.set(word, value);
  return value;
}

function evaluate(word: string, text: string, macros: DtsMacros, depth: number): bigint | null {
  const input: DtsInput = { include: () => null, macros: new Map(), values: new Map(), length: 0 };
  const tokens = [...dtsTokens(`(${text})`, word, input)];
  let at = 0;
  const words: DtsWords = {
    peek: () => tokens[at] ?? END,
    next: () => tokens[at++] ?? END,
    // The macro is of something else than numbers: a string, a list of cells.
    error: () => new NotANumber(),
  };
  try {
    const value = dtsExpression(words, (inner) => macroValue(inner, macros, depth + 1));
    return words.peek().kind === 'end' ? value : null;
  } catch (error) {
    if (error instanceof NotANumber) return null;
    throw error;
  }
}

class NotANumber extends Error {}
const END: DtsToken = { kind: 'end', text: '', line: 1, column: 1, file: '' };

function binary(words: DtsWords, value: (word: string) => bigint | null, level: number, depth: number): bigint | null {
  const operators = LEVELS[level];
  if (operators === undefined) return unary(words, value, depth);
  let left = binary(words, value, level + 1, depth);
  for (;;) {
    const token = words.peek();
    // "-", "+" and "/" are letters of names as well, so that an operator may come as a word.
    if (!operators.includes(token.text) || token.kind === 'string') return left;
    words.next();
    const right = binary(words, value, level + 1, depth);
    left = left === null || right === null ? null : apply(token, left, right, words);
  }
}

function unary(words: DtsWords, value: (word: string) => bigint | null, depth: number): bigint | null {
  const token = words.next();
  if (depth > MAX_DEPTH) throw words.error(token, `an expression is nested deeper than ${MAX_DEPTH}`);
  if (token.text === '(' && token.kind === 'mark') {
    const inner = dtsExpression(words, value, depth + 1);
    expect(words, ')');
    return inner;
  }
  if (token.kind === 'char') return BigInt(token.text.charCodeAt(0) || 0);
  if (['-', '~', '!'].includes(token.text)) {
    const inner = unary(words, value, depth + 1);
    if (inner === null) return null;
    return cut(token.text === '-' ? -inner : token.text === '~' ? ~inner : inner === 0n ? 1n : 0n);
  }
  if (token.kind !== 'word') throw words.error(token, `expected a number, not "${token.text}"`);
  const negative = /^-(.+)$/.exec(token.text)?.[1];
  const found = value(negative ?? token.text);
  return found === null ? null : cut(negative === undefined ? found : -found);
}

function apply(token: DtsToken, a: bigint, b: bigint, words: DtsWords): bigint {
  const flag = (is: boolean): bigint => (is ? 1n : 0n);
  switch (token.text) {
    case '||':
      return flag(a !== 0n || b !== 0n);
    case '&&':
      return flag(a !== 0n && b !== 0n);
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '&':
      return a & b;
    case '==':
      return flag(a === b);
    case '!=':
      return flag(a !== b);
    case '<':
      return flag(a < b);
    case '>':
      return flag(a > b);
    case '<=':
      return flag(a <= b);
    case '>=':
      return flag(a >= b);
    case '<<':
      return b > 63n ? 0n : cut(a << b);
    case '>>':
      return b > 63n ? 0n : a >> b;
    case '+':
      return cut(a + b);
    case '-':
      return cut(a - b);
    case '*':
      return cut(a * b);
    default:
      if (b === 0n) throw words.error(token, 'a division by zero');
      return token.text === '/' ? a / b : a % b;
  }
}

const cut = (value: bigint): bigint => BigInt.asUintN(64, value);

function expect(words: DtsWords, text: string): void {
  const token = words.next();
  if (token.text !== text) throw words.error(token, `expected "${text}", not "${token.text}"`);
}
