/** What reporters of an audit have in common: images come in one by one, text goes out piece by piece. */
import type { AuditedImage } from '../../audit/run.ts';
import type { Style } from '../style.ts';

/** A part of a run: the `index`-th of `of`, from 1. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

/** What a report needs beside the images. */
export interface AuditReportOptions {
  /** Images of the whole run, those of other shards included. */
  readonly images: number;
  readonly shard: Shard;
  /** The program's version. */
  readonly version: string;
  readonly style: Style;
  /** Columns to write to. */
  readonly width: number;
  /** Whether text shows each note; else it counts them. */
  readonly notes: boolean;
  /** The page of an id in Markdown; null where there is none. */
  readonly page: (id: string) => string | null;
}

/** Writes a report. The images come in the order of their index. */
export type AuditReporter = (
  images: AsyncIterable<AuditedImage>,
  options: AuditReportOptions,
) => AsyncGenerator<string, void>;
