/**
 * The files that a command reads: what none of its outputs may replace.
 */
import { splitArgument } from './imagePlace.ts';

/** The options that name files of text or bytes, by their names in commander. */
export const TEXT_OPTIONS = [
  'policy',
  'baseline',
  'batch',
  'vectors',
  'dlopenList',
  'deviceTable',
  'uidGidMap',
  'board',
  'fromListing',
  'insert',
  'xipList',
  'xipProfile',
  'partitionTable',
] as const;

/** The options that name images, trees or archives. */
export const IMAGE_OPTIONS = ['compare', 'excludeImage', 'from', 'like', 'profileImage'] as const;

/** Which of the files that options name. */
export interface ReadFilesRules {
  /** Names of options whose file may be replaced. Default: none. */
  readonly but?: readonly string[];
}

/**
 * The files that arguments and options name, without the place in them that `FILE@OFFSET` gives.
 *
 * @param named arguments
 * @param options as commander hands them over
 */
export function readFiles(named: readonly string[], options: object, { but = [] }: ReadFilesRules = {}): string[] {
  const given = new Map<string, unknown>(Object.entries(options));
  const values = [...TEXT_OPTIONS, ...IMAGE_OPTIONS]
    .filter((name) => !but.includes(name))
    .flatMap((name): unknown => given.get(name))
    .filter((value) => typeof value === 'string');
  return [...named, ...values].filter((name) => name !== '-').map((name) => splitArgument(name).file);
}
