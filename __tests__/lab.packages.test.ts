/** Which of Debian's packages make a kernel. */
import { describe, expect, test } from '@jest/globals';
import { dependenciesMatching, newestRelease, parseStanzas, seriesOf } from '../kernel-lab/host/kernelPackages.ts';

const NAMES = [
  'linux-image-amd64',
  'linux-image-6.12-amd64',
  'linux-image-6.1.0-9-amd64',
  'linux-image-6.1.0-56-amd64',
  'linux-image-6.1.0-57-cloud-amd64',
  'linux-image-6.1.0-57-rt-amd64',
  'linux-image-6.12.100+deb12-amd64',
  'linux-image-6.12.99+deb12-amd64',
  'linux-image-6.12.111+deb12-rt-amd64',
  'linux-image-7.3.4+deb13-amd64',
  'linux-image-7.3.4+deb13-amd64-unsigned',
  'linux-image-6.1.0-56-amd64-dbg',
];

describe('the newest release', () => {
  test.each([
    ['6.1', '6.1.0-56-amd64'],
    ['6.12', '6.12.100+deb12-amd64'],
    ['6.12.99', '6.12.99+deb12-amd64'],
    ['6.1.0-9-amd64', '6.1.0-9-amd64'],
    ['7.3', '7.3.4+deb13-amd64'],
    ['7.4', undefined],
    ['6', '6.12.100+deb12-amd64'],
  ])('of %s is %s', (wanted, release) => {
    expect(newestRelease(NAMES, wanted)).toBe(release);
  });
});

describe('what apt tells', () => {
  const [first, second] = parseStanzas(
    'Package: linux-headers-6.1.0-56-amd64\nVersion: 6.1.192-2\n' +
      'Depends: linux-headers-6.1.0-56-common (= 6.1.192-2), linux-kbuild-6.1 (>= 6.1.192-2), a | linux-kbuild-x\n' +
      'Description-en: x\n more\n\nPackage: b\nVersion: 2:1\n\n',
  );

  test('is a stanza for each version', () => {
    expect(first).toMatchObject({ Package: 'linux-headers-6.1.0-56-amd64', Version: '6.1.192-2' });
    expect(second).toEqual({ Package: 'b', Version: '2:1' });
  });

  test('names the packages that belong to it', () => {
    expect(dependenciesMatching(first ?? {}, /^linux-kbuild-/)).toEqual(['linux-kbuild-6.1']);
    expect(dependenciesMatching(second ?? {}, /./)).toEqual([]);
  });

  test('calls the source by the series', () => {
    expect(seriesOf('6.12.117+deb12-amd64')).toBe('6.12');
  });
});
