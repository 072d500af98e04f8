// Bugs to plant: each is a change of the source that the fuzzer must find.

/** @typedef {{ name: string, file: string, from: string, to: string, shows: RegExp }} PlantedBug */

/** @type {PlantedBug[]} */
export const PLANTED = [
  {
    name: 'check accepts NULs in link targets',
    file: 'lib/check/rules/symlinks.ts',
    from: 'if (length !== -1) {',
    to: 'if (length < -1) {',
    shows: /check is clean, extract/,
  },
  {
    name: 'diff turns the comparison of layouts around',
    file: 'lib/diff/diffFile.ts',
    from: 'JSON.stringify(layoutA) === JSON.stringify(layoutB)',
    to: 'JSON.stringify(layoutA) !== JSON.stringify(layoutB)',
    shows: /diff of a sound image/,
  },
  {
    name: 'link targets are printed raw',
    file: 'lib/report/lsText.ts',
    from: "target === null ? '?' : printableName(target)",
    to: "target === null ? '?' : target",
    shows: /prints control characters/,
  },
  {
    name: 'the builder moves the root',
    file: 'lib/mkfs/layout.ts',
    from: 'root.offset = start;',
    to: 'root.offset = start + 4;',
    shows: /mkfs of a plain tree|builds what check refuses|"mkfs/,
  },
  {
    name: 'diff reports superblock fields that are equal',
    file: 'lib/diff/diffSuperblock.ts',
    from: 'for (const [what, x, y] of numbers) if (x !== y)',
    to: 'for (const [what, x, y] of numbers) if (x === y)',
    shows: /diff of a sound image/,
  },
  {
    name: 'check passes entries without a name',
    file: 'lib/check/rules/names.ts',
    from: 'report(NAME_EMPTY, position, directory.path, {});',
    to: '',
    shows: /check is clean|diff of a sound image/,
  },
  {
    name: 'a missing pointer is a RangeError',
    file: 'lib/image/pageSize.ts',
    from: 'if (first === null) return false;',
    to: "if (first === null) throw new RangeError('offset');",
    shows: /offset/,
  },
  {
    name: 'check passes impossible blocks',
    file: 'lib/check/rules/pointers.ts',
    from: 'if (problem === null) return;',
    to: 'if (problem !== undefined) return;',
    shows: /check is clean|diff of a sound image/,
  },
  {
    name: 'check passes damaged zlib streams',
    file: 'lib/check/rules/zlibBlocks.ts',
    from: 'report(ZLIB_DAMAGED, start, path, { block, reason: problem.reason });',
    to: '',
    shows: /check is clean, extract/,
  },
  {
    name: 'check passes tables outside the image',
    file: 'lib/check/rules/tables.ts',
    from: 'report(TABLE_OUTSIDE, position, path, { start, length, end: context.end });',
    to: '',
    shows: /check is clean|diff of a sound image/,
  },
  {
    name: 'volume names are printed raw',
    file: 'lib/report/infoText.ts',
    from: 'printableName(info.name)',
    to: 'info.name',
    shows: /"info .*prints control characters/,
  },
];
