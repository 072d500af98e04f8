/** Globs of policies over paths of images. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import picomatch from 'picomatch';
import { BadGlob, compileGlob, compileGlobs } from '../lib/policy/compileGlobs.ts';
import { matchesGlob, matchesGlobs } from '../lib/policy/globs.ts';

const matches = (glob: string, path: string): boolean => matchesGlob(path, compileGlob(glob));

describe('a glob', () => {
  test.each([
    ['/bin/**', '/bin/a', '/bin/a/b', '/bin/.x/y', '/bin'],
    ['**/foo', '/foo', '/a/foo', '/a\n/foo'],
    ['**', '/', '/a', '/a/b'],
    ['/a*', '/a', '/ab', '/a\n'],
    ['/[ab]c', '/ac', '/bc'],
    ['/[!a-c]', '/d', '/!', '/\n'],
    ['/[]a]', '/]', '/a'],
    ['/{a,b/{c,d}}', '/a', '/b/c', '/b/d'],
    ['/x{,.gz}', '/x', '/x.gz'],
    ['/x\\[1\\]\\*', '/x[1]*'],
    ['/a(b|c)+@!"$^', '/a(b|c)+@!"$^'],
    ['/{a}', '/{a}'],
    ['/a\\\\b', '/a\\b'],
    ['/a?c', '/a\nc', '/abc', '/a\udc80c', '/a😀c'],
    ['/**/*.so*', '/x.so', '/lib/x.so.1', '/a/b/c.so'],
    ['/a/**/b/**', '/a/b', '/a/x/y/b/z'],
    ['/..', '/..'],
  ])('%s matches', (glob, ...paths) => {
    for (const path of paths) expect([path, matches(glob, path)]).toEqual([path, true]);
  });

  test.each([
    ['/bin/**', '/binx', '/sbin/a', '/'],
    ['/a*', '/a/b', '/b', '/A'],
    ['/a?c', '/a/c', '/ac', '/abbc'],
    ['/*', '/', '/a/b'],
    ['/[!a]', '/a', '/bc'],
    ['/a(b|c)+', '/ab', '/acb'],
    ['/\\d', '/1'],
    ['/a/**/b', '/a', '/ab', '/a/bx'],
  ])('%s does not match', (glob, ...paths) => {
    for (const path of paths) expect([path, matches(glob, path)]).toEqual([path, false]);
  });

  test.each([
    ['bin/**', 'a glob that begins with "/" or "**/" (did you mean "/bin/**"?)'],
    ['./a', 'a glob that begins with "/" or "**/" (did you mean "/a"?)'],
    ['/{a', 'a glob with a "}" for each "{"'],
    ['/a}', 'a glob with a "{" before each "}"'],
    ['/[a', 'a glob with a "]" for each "[", and no other'],
    ['/a]', 'a glob with a "]" for each "[", and no other'],
    ['/[z-a]', 'a glob whose ranges go upwards, unlike "z-a"'],
    ['/[[:alpha:]]', 'a glob without names of character classes such as "[:alpha:]"'],
    ['/a\\', 'a glob with a character after each backslash'],
    [`/${'{a,b}'.repeat(40)}`, 'a glob whose braces expand to at most 256 globs'],
    [`/${'x'.repeat(2000)}`, 'a glob of at most 1024 characters'],
  ])('%s is refused', (glob, message) => {
    expect(() => compileGlob(glob)).toThrow(new BadGlob(message));
  });

  test('takes a time that no name can stretch', () => {
    const began = performance.now();
    expect(matches(`/${'*a'.repeat(500)}b`, `/${'a'.repeat(252)}`)).toBe(false);
    expect(matches(`${'**/a/'.repeat(100)}b`, '/a'.repeat(2047))).toBe(false);
    expect(performance.now() - began).toBeLessThan(2000);
  });

  test('matches what picomatch lets it match', () => {
    const part = fc
      .array(fc.constantFrom('a', 'b', '.', '*', '?', '[ab]', '[!a]', '{a,bb}'), { minLength: 1, maxLength: 4 })
      .map((tokens) => tokens.join('').replace(/[*]+/g, '*'))
      // In picomatch "**/*" + "/a" has "/a", where the star would stand for no name.
      .filter((text) => !/^[.]+$/.test(text) && text !== '*');
    const globs = fc
      .tuple(fc.array(fc.oneof({ weight: 4, arbitrary: part }, fc.constant('**')), { maxLength: 3 }), part)
      // Neighbouring "**" say nothing more, and at the end picomatch is of two minds: "/a/**" has "/a", "/*" + "/**" has not.
      .map(([parts, last]) => [...parts.filter((text, i) => text !== '**' || parts[i - 1] !== '**'), last]);
    const name = fc.stringMatching(/^[ab.]{1,4}$/).filter((text) => !/^[.]+$/.test(text));
    const paths = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/${names.join('/')}`);
    fc.assert(
      fc.property(globs, paths, (parts, path) => {
        const glob = `/${parts.join('/')}`;
        // In picomatch "/**/x" leaves out "/x", and "[!a]" is no negation.
        const theirs = glob.replace(/^[/](?=[*][*][/])/, '').replaceAll('[!', '[^');
        // Its fast paths for simple globs, such as "*.*", take other names than its parser does.
        const options = { dot: true, fastpaths: false, flags: 's', nonegate: true, noextglob: true, windows: false };
        expect([glob, path, matches(glob, path)]).toEqual([glob, path, picomatch.isMatch(path, theirs, options)]);
      }),
      { numRuns: 3000 },
    );
  });
});

test('a list of globs matches what one of them does, and none with "!"', () => {
  const globs = compileGlobs(['/bin/**', '!/bin/*.sh', '/sbin/init']);
  expect(
    ['/bin/a', '/bin/a.sh', '/bin/x/a.sh', '/sbin/init', '/sbin/a'].map((path) => matchesGlobs(path, globs)),
  ).toEqual([true, false, true, true, false]);
});
