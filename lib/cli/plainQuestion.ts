/**
 * Questions in plain words: an image, a path or a batch, and options that are whole words with their values behind them. Most are,
 * and commander takes as long to load as they take to answer. It gets all others; what both understand, they understand alike
 * (plainQuestion.test.ts).
 */
import { CPU_NAMES } from '../mm/cpus/index.ts';
import { REQUIREMENTS } from '../verdict/requirement.ts';
import type { MapOptions } from './commands/mapAnswer.ts';

/** A question, with the options as commander would hand them over. */
export interface PlainQuestion {
  readonly image: string;
  /** Undefined with a batch, whose lines have paths. */
  readonly path: string | undefined;
  readonly options: MapOptions;
}

/** Options without a value. */
export const PLAIN_FLAGS: ReadonlySet<string> = new Set(
  'shared populate locked lone pages crc trace json quiet'.split(' ').map((name) => `--${name}`),
);

/** Options with a value, and the values that they take; null where any will do. */
export const PLAIN_VALUES: ReadonlyMap<string, readonly string[] | null> = new Map<string, readonly string[] | null>([
  ...'offset length prot vma-start segment compare-kernels batch image-offset image page-size board policy phys region kernel'
    .split(' ')
    .map((name) => [`--${name}`, null] as const),
  ['--cpu', CPU_NAMES],
  ['--require', REQUIREMENTS],
]);

/** What options are that are not given. */
export const PLAIN_DEFAULTS = { color: 'auto', fill: '00' } as const;

/** The question that words ask; null where they are not as plain as that. */
export function plainQuestion(argv: readonly string[]): PlainQuestion | null {
  const options: Record<string, string | true> = {};
  const names: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (isPlain(word)) {
      names.push(word);
      continue;
    }
    const value = PLAIN_FLAGS.has(word) ? true : valueOf(word, argv[++at]);
    const key = keyOf(word);
    if (value === null || key in options) return null;
    options[key] = value;
  }
  const [image, path, ...more] = names;
  const isBatch = options.batch !== undefined;
  if (image === undefined || (path === undefined) !== isBatch || more.length > 0) return null;
  return { image, path, options: { ...PLAIN_DEFAULTS, ...options } };
}

/** The value of an option; null where the option is not known here, and where it does not take that value. */
function valueOf(option: string, value = ''): string | null {
  const values = PLAIN_VALUES.get(option);
  return values === undefined || !isPlain(value) || values?.includes(value) === false ? null : value;
}

/** Neither an option nor empty. */
const isPlain = (word: string): boolean => word !== '' && !word.startsWith('-');

/** The name of an option in commander's object: `vmaStart` of `--vma-start`. */
const keyOf = (option: string): string =>
  option.slice('--'.length).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
