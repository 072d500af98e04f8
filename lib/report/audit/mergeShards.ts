/** Shards of a run put together. */
import type { AuditedImage } from '../../audit/run.ts';
import { CramfsError } from '../../base/errors.ts';
import { plural } from '../../base/words.ts';
import type { AuditShard } from './readNdjson.ts';

/** A whole run. */
export interface MergedRun {
  /** The version of the program that made the shards. */
  readonly version: string;
  readonly images: readonly AuditedImage[];
}

/**
 * The images of all shards, in their order.
 *
 * @throws CramfsError USAGE for shards that are not of one run, that are there twice, or missing
 */
export function mergeShards(shards: readonly AuditShard[]): MergedRun {
  const bad = (found: string): CramfsError => new CramfsError('USAGE', { found });
  const [first] = shards;
  if (first === undefined) throw bad('there is nothing to merge');
  const { version, imagesOfRun } = first;
  const { of } = first.shard;
  const names = new Map<number, string>();
  for (const { name, version: other, imagesOfRun: images, shard } of shards) {
    if (other !== version) throw bad(`${first.name} is of version ${version} of this program, and ${name} of ${other}`);
    if (shard.of !== of) throw bad(`${first.name} is one shard of ${of}, and ${name} one of ${shard.of}`);
    if (images !== imagesOfRun) {
      throw bad(`${first.name} is of a run with ${plural(imagesOfRun, 'image')}, and ${name} of one with ${images}`);
    }
    const twin = names.get(shard.index);
    if (twin !== undefined) throw bad(`${twin} and ${name} are both shard ${shard.index} of ${of}`);
    names.set(shard.index, name);
  }
  const missing = Array.from({ length: of }, (_, place) => place + 1).filter((index) => !names.has(index));
  if (missing.length > 0) {
    throw bad(`${missing.length === 1 ? 'shard' : 'shards'} ${missing.join(', ')} of ${of} missing`);
  }
  const images = shards.flatMap((shard) => shard.images).sort((a, b) => a.index - b.index);
  const gap = images.findIndex(({ index }, place) => index !== place);
  if (gap !== -1 || images.length !== imagesOfRun) {
    throw bad(`image ${(gap === -1 ? images.length : gap) + 1} of ${imagesOfRun} is missing or duplicated`);
  }
  return { version, images };
}
