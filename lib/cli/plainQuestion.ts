/**
 * Questions in plain words: an image, a path, and options that are whole words with their values behind them. Most are, and
 * commander takes as long to load as they take to answer. It gets all others; what both understand, they understand alike
 * (plainQuestion.test.ts).
 */
import { CPU_NAMES } from '../mm/cpus/index.ts';
import { REQUIREMENTS } from '../verdict/requirement.ts';
import type { MapOptions } from './commands/mapAnswer.ts';

/** A question, with the options as commander would hand them over. */
export interface PlainQuestion {
  readonly image: string;
  readonly path: string;
  readonly options: MapOptions;
}

/** Options without a value, by their words. */
export const PLAIN_FLAGS = {
  '--shared': 'shared',
  '--populate': 'populate',
  '--locked': 'locked',
  '--lone': 'lone',
  '--pages': 'pages',
  '--crc': 'crc',
  '--trace': 'trace',
  '--json': 'json',
  '--quiet': 'quiet',
} as const satisfies Readonly<Record<string, keyof MapOptions>>;

/** Options with a value of any form. */
export const PLAIN_VALUES = {
  '--offset': 'offset',
  '--length': 'length',
  '--prot': 'prot',
  '--vma-start': 'vmaStart',
  '--segment': 'segment',
  '--compare-kernels': 'compareKernels',
  '--image-offset': 'imageOffset',
  '--image': 'image',
  '--page-size': 'pageSize',
  '--board': 'board',
  '--policy': 'policy',
  '--phys': 'phys',
  '--region': 'region',
  '--kernel': 'kernel',
} as const satisfies Readonly<Record<string, keyof MapOptions>>;

/** Options with a value of a few. */
export const PLAIN_CHOICES = {
  '--cpu': { key: 'cpu', values: CPU_NAMES },
  '--require': { key: 'require', values: REQUIREMENTS },
} as const satisfies Readonly<Record<string, { readonly key: keyof MapOptions; readonly values: readonly string[] }>>;

/** What options are that are not given. */
export const PLAIN_DEFAULTS = { color: 'auto', fill: '00' } as const;

/** Looks a word up among names that have no prototype's among them. */
const found = <Value>(names: Readonly<Record<string, Value>>, word: string): Value | undefined =>
  Object.hasOwn(names, word) ? names[word] : undefined;

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
    const flag = found(PLAIN_FLAGS, word);
    const choice = found<{ readonly key: keyof MapOptions; readonly values: readonly string[] }>(PLAIN_CHOICES, word);
    const key = flag ?? choice?.key ?? found(PLAIN_VALUES, word);
    const value = flag === undefined ? argv[++at] : true;
    if (key === undefined || value === undefined || key in options) return null;
    if (value !== true && (!isPlain(value) || choice?.values.includes(value) === false)) return null;
    options[key] = value;
  }
  const [image, path, ...more] = names;
  if (image === undefined || path === undefined || more.length > 0) return null;
  return { image, path, options: { ...PLAIN_DEFAULTS, ...options } };
}

/** Neither an option nor empty. */
const isPlain = (word: string): boolean => word !== '' && !word.startsWith('-');
