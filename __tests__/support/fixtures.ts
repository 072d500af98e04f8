/** Fixtures, unpacked in memory. */
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const root = new URL('../../fixtures/', import.meta.url);

/** The bytes of a fixture, in an array of their own; `.gz` is unpacked. */
export function fixture(name: string): Uint8Array {
  const bytes = readFileSync(new URL(name, root));
  return Uint8Array.from(name.endsWith('.gz') ? gunzipSync(bytes) : bytes);
}

/** Names in a fixture folder, sorted. */
export function fixtureNames(folder: string): string[] {
  return readdirSync(new URL(`${folder}/`, root)).sort();
}

/** The objects of a JSON-lines fixture. */
export function jsonLines<T>(name: string): T[] {
  return Buffer.from(fixture(name))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
