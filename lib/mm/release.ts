/** Releases of Linux, as far as something here depends on them. */

/** Major and minor number, as [6, 12]. */
export type Release = readonly [major: number, minor: number];

/** The newest release that was run: what is assumed where none is known. */
export const NEWEST_RUN: Release = [7, 3];

/** Whether a release comes before another. */
export function isBefore(release: Release, other: Release): boolean {
  return release[0] < other[0] || (release[0] === other[0] && release[1] < other[1]);
}

/** The release at the start of a text such as "6.12.117-amd64"; null where there is none. */
export function parseRelease(text: string): Release | null {
  const match = /^([0-9]{1,3})[.]([0-9]{1,4})/.exec(text);
  return match === null ? null : [Number(match[1]), Number(match[2])];
}
