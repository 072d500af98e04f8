/**
 * Debian's packages of a kernel: how they are called and which belong together.
 */

/** A package and its version. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  /** Debian's name of its architecture, where it is not this computer's own. */
  readonly architecture?: string;
}

/** The packages that a kernel is taken from, all but the source built from one upload; or the source alone. */
export interface KernelPackages {
  /** `uname -r`. */
  readonly release: string;
  /** Version of the packages. */
  readonly version: string;
  /** None where the kernel is built from the source. */
  readonly image?: DebianPackage;
  /** Headers of the flavour, common headers, and the programs of the kernel's build system. */
  readonly headers: readonly DebianPackage[];
  readonly source: DebianPackage;
}

/** A stanza of `apt-cache show`. */
export type Stanza = Readonly<Record<string, string>>;

/** Plain kernels, neither for clouds nor for real time, nor the unsigned ones. */
const IMAGE_NAME = /^linux-image-([0-9]+[.][0-9]+(?:[.][0-9]+)?[-+][0-9a-z]+(?:[-+][0-9a-z]+)*?)$/;
const FLAVOURS = /-(?:cloud|rt|unsigned|dbg)$/;

/**
 * The newest release that was asked for.
 *
 * @param names names of packages
 * @param flavour how its release ends, without the hyphen
 * @param wanted the beginning of a release: "6.1", "6.12.117+deb12-amd64"
 * @returns undefined if there is none
 */
export function newestRelease(names: readonly string[], wanted: string, flavour = 'amd64'): string | undefined {
  const releases = names.flatMap((name) => {
    const version = name.endsWith(`-${flavour}`) ? name.slice(0, -flavour.length - 1) : name;
    const release = version === name ? undefined : IMAGE_NAME.exec(version)?.[1];
    return release === undefined || FLAVOURS.test(release) ? [] : [`${release}-${flavour}`];
  });
  const isWanted = (release: string): boolean =>
    release.startsWith(wanted) && !/^[0-9]/.test(release.slice(wanted.length));
  return releases.filter(isWanted).sort(compareReleases).at(-1);
}

/** Orders releases by their numbers. */
function compareReleases(a: string, b: string): number {
  const numbers = (release: string): number[] => (release.match(/[0-9]+/g) ?? []).map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? -1) - (right[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The stanzas of the output of `apt-cache show`. */
export function parseStanzas(text: string): Stanza[] {
  return text
    .split(/\n\n+/)
    .filter((stanza) => stanza.trim() !== '')
    .map((stanza) => {
      const fields = [...stanza.matchAll(/^([A-Za-z0-9-]+): (.*)$/gm)];
      return Object.fromEntries(fields.map(([, name = '', value = '']) => [name, value]));
    });
}

/** Names of packages in a list of dependencies that the pattern matches; the first of alternatives. */
export function dependenciesMatching(stanza: Stanza, pattern: RegExp): string[] {
  return (stanza.Depends ?? '')
    .split(',')
    .map((dependency) => dependency.trim().split(/[ (|]/)[0] ?? '')
    .filter((name) => pattern.test(name));
}

/** "6.1" of "6.1.0-56-amd64": what the package of the source is called by. */
export function seriesOf(release: string): string {
  return /^[0-9]+[.][0-9]+/.exec(release)?.[0] ?? release;
}
