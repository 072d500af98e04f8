/** What cramfs-map prints for people, and whether its advice holds. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { runCramfsMap } from '../lib/cli/run.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { walk } from '../lib/inspect/walk.ts';
import { adviceWords } from '../lib/report/mapAdvice.ts';
import { NO_COLOURS, wrap } from '../lib/report/style.ts';
import { mapText } from '../lib/report/mapText.ts';
import { vmaPicture } from '../lib/report/vmaPicture.ts';
import { Board } from '../lib/verdict/board.ts';
import type { MapRequest } from '../lib/verdict/request.ts';
import { Folder, runProgram } from './support/cli.ts';
import { fixture } from './support/fixtures.ts';

const folder = new Folder();
const ADVISED = { advice: true };
afterAll(() => {
  folder.remove();
});

/** Reports as a terminal of 80 columns shows them. */
const REPORTS: readonly (readonly [string, readonly string[], string])[] = [
  [
    'a full map',
    ['images/root-XX.cramfs.gz', '/bin/hello', '--offset', '1p', '--length', '2p', '--prot', 'rx'],
    `
/bin/hello
8192 bytes from offset 0x1000, prot rx, private
linux-6.18 on x86-64, little endian, 4 KiB pages, image at 0x10000000

PFNMAP: all 2 pages run from flash; no RAM is used.

  physical   0x10008000-0x10009fff (image offset 0x8000)
  pages      2 direct, 0 paged, 0 past end of file
  RAM        none
  vma        0x7ffff7ef6000, maps shows offset 0x10008000
  VmFlags    rd ex mr mw me pf io de dd sd

kernel log
  cramfs: mapped hello[1] at 0x10008000 (2/2 pages) to vma 0x7ffff7ef6000,
    page_prot 0x25
`,
  ],
  [
    'a mixed map, page by page',
    ['images/root-XX.cramfs.gz', '/bin/hello', '--pages', '--crc'],
    `
/bin/hello
13088 bytes from offset 0x0, prot r, private
linux-6.18 on x86-64, little endian, 4 KiB pages, image at 0x10000000

MIXEDMAP: 3 of 4 pages run from flash; 1 page costs RAM when touched.

  physical   0x10007000-0x10009fff (image offset 0x7000)
  pages      3 direct, 1 paged, 0 past end of file
  RAM        4 KiB once every page has been touched
  vma        0x7ffff7ef4000, maps shows offset 0x0
  VmFlags    rd mr mw me sd mm
  why        block 3 is compressed; a direct block at image offset 0xa000 would
             have continued the run
  to fix     store block 3 and those that follow as direct blocks immediately
             after block 2: cramfs mkfs
             FOLDER/images-root-XX.cramfs NEW-IMAGE --xip
             mmu --phys 0x10000000 --xip-files auto /bin/hello; or map only 3
             pages (--length 3p: PFNMAP)

  0 ###.
    # direct, . paged

  page  kind    physical               stored as  crc32
  0     direct  0x10007000-0x10007fff  direct     b0f8e0a7
  1     direct  0x10008000-0x10008fff  direct     a8af6c0b
  2     direct  0x10009000-0x10009fff  direct     13a07402
  3     paged                          zlib       c4012167

kernel log
  cramfs: range: block 3/3 got 0xa140 expects 0xc0002800
  cramfs: mapped hello[0] at 0x10007000 (3/4 pages) to vma 0x7ffff7ef4000,
    page_prot 0x8000000000000025
`,
  ],
  [
    'a run that breaks in the middle',
    ['images/adv.cramfs.gz', '/zf_gap_mid'],
    `
/zf_gap_mid
24576 bytes from offset 0x0, prot r, private
linux-6.18 on x86-64, little endian, 4 KiB pages, image at 0x10000000

MIXEDMAP: 3 of 6 pages run from flash; 3 pages cost RAM when touched.

  physical   0x10082000-0x10084fff (image offset 0x82000)
  pages      3 direct, 3 paged, 0 past end of file
  RAM        12 KiB once every page has been touched
  vma        0x7ffff7ef2000, maps shows offset 0x0
  VmFlags    rd mr mw me sd mm
  why        block 3 is direct, but elsewhere; a direct block at image offset
             0x85000 would have continued the run
  to fix     make the file one byte longer (Linux reads a direct last block of a
             whole page as zeros), then store block 3 and those that follow as
             direct blocks immediately after block 2: cramfs mkfs
             FOLDER/images-adv.cramfs NEW-IMAGE --xip mmu
             --phys 0x10000000 --xip-files auto /zf_gap_mid; or map only 3 pages
             (--length 3p: PFNMAP); or map what follows separately (--offset
             0x3000: PFNMAP)

  0 ###...
    # direct, . paged

warning: page 5 of the file, its last, shows zeros instead of its data: Linux
  takes a direct last block of a whole page for a hole where it does not map it
  directly, and so does read(2).

kernel log
  cramfs: range: block 3/5 got 0xc0021800 expects 0xc0021400
  cramfs: mapped zf_gap_mid[0] at 0x10082000 (3/6 pages) to vma 0x7ffff7ef2000,
    page_prot 0x8000000000000025
`,
  ],
  [
    'a mapping that reaches past end of file',
    ['images/adv.cramfs.gz', '/za_pm4', '--length', '300p'],
    `
/za_pm4
1228800 bytes from offset 0x0, prot r, private
linux-6.18 on x86-64, little endian, 4 KiB pages, image at 0x10000000

MIXEDMAP: 4 of 300 pages run from flash; the rest is past end of file.

  physical   0x1006f000-0x10072fff (image offset 0x6f000)
  pages      4 direct, 0 paged, 296 past end of file
  RAM        none
  vma        0x7ffff7dcc000, maps shows offset 0x0
  VmFlags    rd mr mw me sd mm
  why        the mapping goes on past the end of the file; nothing there can be
             direct, and accessing it raises SIGBUS
  to fix     map only 4 pages (--length 4p: PFNMAP)

    0 ####------------------------------------------------------------
   64 ----------------------------------------------------------------
    * (2 more rows like this one)
  256 --------------------------------------------
      # direct, - past end of file

kernel log
  cramfs: mapped za_pm4[0] at 0x1006f000 (4/300 pages) to vma 0x7ffff7dcc000,
    page_prot 0x8000000000000025
`,
  ],
  [
    'a shared last page',
    ['images/adv.cramfs.gz', '/zc_tail_shared'],
    `
/zc_tail_shared
12388 bytes from offset 0x0, prot r, private
linux-6.18 on x86-64, little endian, 4 KiB pages, image at 0x10000000

MIXEDMAP: 3 of 4 pages run from flash; 1 page costs RAM when touched.

  physical   0x10079000-0x1007bfff (image offset 0x79000)
  pages      3 direct, 1 paged, 0 past end of file
  RAM        4 KiB once every page has been touched
  vma        0x7ffff7ef4000, maps shows offset 0x0
  VmFlags    rd mr mw me sd mm
  why        the file's last page (block 3) also holds other data past the end
             of the file
  to fix     leave the rest of that page zero in the image: cramfs mkfs
             FOLDER/images-adv.cramfs NEW-IMAGE --xip mmu
             --phys 0x10000000 --xip-files auto /zc_tail_shared; or map only 3
             pages (--length 3p: PFNMAP)

  0 ###.
    # direct, . paged

kernel log
  cramfs: mmap: zc_tail_shared: last page is shared
  cramfs: mapped zc_tail_shared[0] at 0x10079000 (3/4 pages) to vma
    0x7ffff7ef4000, page_prot 0x8000000000000025
`,
  ],
  [
    'a writable mapping',
    ['images/root-XX.cramfs.gz', '/bin/hello', '--prot', 'rw', '--populate'],
    `
/bin/hello
13088 bytes from offset 0x0, prot rw, private populate
linux-6.18 on x86-64, little endian, 4 KiB pages, image at 0x10000000

paged: no page runs from flash (vma is writable); each page that is touched
  costs RAM.

  pages      0 direct, 4 paged, 0 past end of file
  RAM        16 KiB at once (MAP_POPULATE), and a copy of each page that is
             written
  vma        0x7ffff7ef4000, maps shows offset 0x0
  VmFlags    rd wr mr mw me ac sd
  why        the mapping is writable, and Linux maps only read-only ones
             directly
  to fix     map it without PROT_WRITE (--prot r: MIXEDMAP); data that is
             written is in RAM anyway

kernel log
  cramfs: hello[0]: direct mmap impossible: vma is writable
`,
  ],
  [
    'an image that is not aligned',
    ['images/root-XX.cramfs.gz', '/bin/hello', '--phys', '0x10000800'],
    `
/bin/hello
13088 bytes from offset 0x0, prot r, private
linux-6.18 on x86-64, little endian, 4 KiB pages, image at 0x10000800

paged: no page runs from flash (data is not page aligned); each page that is
  touched costs RAM.

  pages      0 direct, 4 paged, 0 past end of file
  RAM        16 KiB once every page has been touched
  vma        0x7ffff7ef4000, maps shows offset 0x0
  VmFlags    rd mr mw me sd
  why        the data is at physical address 0x10007800, 2048 bytes past a page
             boundary
  to fix     put the image at a page boundary, such as --phys 0x10000000

kernel log
  cramfs: range: block 3/3 got 0xa140 expects 0xc0002800
  cramfs: hello[0]: direct mmap impossible: data is not page aligned
`,
  ],
  [
    'an image without extended block pointers',
    ['images/mini-plain.cramfs.gz', '/bin/bare'],
    `
/bin/bare
4096 bytes from offset 0x0, prot r, private
linux-6.18 on x86-64, little endian, 4 KiB pages, image at 0x10000000

paged: no page runs from flash; each page that is touched costs RAM.

  pages      0 direct, 1 paged, 0 past end of file
  RAM        4 KiB once every page has been touched
  vma        0x7ffff7ef7000, maps shows offset 0x0
  VmFlags    rd mr mw me sd
  why        the image has no extended block pointers (flag 0x800), so Linux
             cannot map any of it directly
  to fix     make the file one byte longer (Linux reads a direct last block of a
             whole page as zeros), then build the image with direct blocks:
             cramfs mkfs FOLDER/images-mini-plain.cramfs
             NEW-IMAGE --xip mmu --phys 0x10000000 --xip-files auto /bin/bare

kernel log
  (nothing: Linux does not log this)
`,
  ],
  [
    'pointers that lead out of the region',
    ['images/adv.cramfs.gz', '/zv_beyond_device', '--pages'],
    `
/zv_beyond_device
8192 bytes from offset 0x0, prot r, private
linux-6.18 on x86-64, little endian, 4 KiB pages, image at 0x10000000

PFNMAP: all 2 pages are mapped directly, but to memory that is not the image's;
  no RAM is used.

  physical   0x18000000-0x18001fff (image offset 0x8000000)
  pages      2 direct, 0 paged, 0 past end of file
  RAM        none
  vma        0x7ffff7ef6000, maps shows offset 0x18000000
  VmFlags    rd mr mw me pf io de dd sd

  page  kind    physical               stored as
  0-1   direct  0x18000000-0x18001fff  direct     foreign memory

warning: 2 pages from 0x18000000 are outside the flash region: Linux does not
  check block pointers, and maps whatever memory is there.

kernel log
  cramfs: mapped zv_beyond_device[0] at 0x18000000 (2/2 pages) to vma
    0x7ffff7ef6000, page_prot 0x8000000000000025
`,
  ],
  [
    'pointers that make the kernel crash',
    ['images/adv.cramfs.gz', '/zu_beyond_image_tail'],
    `
/zu_beyond_image_tail
8202 bytes from offset 0x0, prot r, private
linux-6.18 on x86-64, little endian, 4 KiB pages, image at 0x10000000

KERNEL BUG: oops: the kernel reads at 0x200200a, past the region of 0xc0000
  bytes.

  why        a block pointer of the file leads past the memory that holds the
             image, and Linux follows it unchecked
  to fix     the pointer is wrong; if the region is larger than the image, give
             its size with --region

kernel log
  (only the crash itself)
`,
  ],
  [
    'a directory',
    ['images/mini-BXX.cramfs.gz', '/bin'],
    `
/bin
4096 bytes from offset 0x0, prot r, private
linux-6.18 on a big-endian CPU (else as x86-64), 4 KiB pages, image at
  0x10000000

ENODEV: mmap fails, a directory cannot be mapped.

kernel log
  (nothing: Linux does not log this)
`,
  ],
  [
    'nothing that may be touched',
    ['images/root-XX.cramfs.gz', '/bin/hello', '--prot', 'none', '--length', '3p', '--pages'],
    `
/bin/hello
12288 bytes from offset 0x0, prot none, private
linux-6.18 on x86-64, little endian, 4 KiB pages, image at 0x10000000

PFNMAP: all 3 pages would run from flash, but PROT_NONE lets nothing touch them.

  physical   0x10007000-0x10009fff (image offset 0x7000)
  pages      3 direct, 0 paged, 0 past end of file
  RAM        none
  vma        0x7ffff7ef5000, maps shows offset 0x10007000
  VmFlags    mr mw me pf io de dd sd

  page  kind     physical               stored as
  0-2   sigsegv  0x10007000-0x10009fff  direct

kernel log
  cramfs: mapped hello[0] at 0x10007000 (3/3 pages) to vma 0x7ffff7ef5000,
    page_prot 0x120
`,
  ],
];

describe('the report on', () => {
  test.each(REPORTS)('%s', async (what, [image = '', ...argv], expected) => {
    const { code, stdout, stderr } = await runProgram(runCramfsMap, [folder.fixture(image), ...argv], { columns: 80 });
    const told = 'cramfs-map: /bin: it is a directory, not a file (at byte 76, 0x4c)\n';
    expect({ code, stderr }).toEqual(what === 'a directory' ? { code: 2, stderr: told } : { code: 0, stderr: '' });
    expect(`\n${stdout.replaceAll(folder.path, 'FOLDER')}`).toBe(expected);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});

/** Requests for each file of an image, of all kinds. */
function* requests(board: Board): Generator<MapRequest> {
  const { pageSize } = board.cpu;
  for (const { path, inode } of walk(board.image)) {
    if (inode.type !== 'file') continue;
    const pages = Math.ceil(inode.size / pageSize);
    const offsets = [...new Set([0, 1, 2, Math.floor(pages / 2), pages - 1, pages])].filter((page) => page >= 0);
    for (const offset of offsets.map((page) => page * pageSize)) {
      for (const length of [undefined, pageSize, 3 * pageSize, inode.size + 2 * pageSize]) {
        yield { path, offset, length };
        yield { path, offset, length, prot: 'rx', shared: true };
        yield { path, offset, length, prot: 'rw' };
      }
    }
  }
}

describe('advice', () => {
  const boards = [
    ['images/adv.cramfs.gz', 0x1000_0000, 4096],
    ['images/adv.cramfs.gz', 0x1000_0800, 4096],
    ['images/mini-XX.cramfs.gz', 0x1000_0000, 4096],
    ['images/mini-X.cramfs.gz', 0x1000_0000, 4096],
    ['images/root-XX.cramfs.gz', 0x1000_0000, 4096],
    ['images/root-XX.cramfs.gz', 0x1000_0800, 4096],
    ['images/mini-BXX.cramfs.gz', 0x1000_0000, 4096],
    ['kernels/images/adv16.cramfs.gz', 0x7000_0000, 16384],
  ] as const;

  test.each(boards)('on %s at %d with pages of %d gives what it says', (name, physBase, pageSize) => {
    const image = CramfsImage.open(fixture(name), { pageSize });
    const board = new Board(image, { physBase, regionSize: 1 << 26 });
    let followed = 0;
    for (const request of requests(board)) {
      const verdict = board.map(request, ADVISED);
      const { advice } = verdict;
      const change = advice === null ? '' : (adviceWords(advice, { image: 'IMAGE', verdict }).fix ?? '');
      for (const [, option, value = '', state = ''] of change.matchAll(/\(--(length|offset|prot) (\w+): (\w+)\)/g)) {
        const changed =
          option === 'length'
            ? { ...request, length: Number(value.replace('p', '')) * pageSize }
            : option === 'offset'
              ? { ...request, offset: Number(value), length: undefined }
              : { ...request, prot: value };
        expect({ request, change, state: board.map(changed).state }).toEqual({
          request,
          change,
          state: state.toLowerCase(),
        });
        followed++;
      }
      for (const [, address] of change.matchAll(/(?:such as |\()--phys (0x[0-9a-f]+)/g)) {
        const moved = new Board(image, { physBase: Number(address), regionSize: 1 << 26 });
        const { bailout } = moved.map(request);
        expect({ request, change, bailout }).not.toMatchObject({ bailout: 'data is not page aligned' });
        followed++;
      }
    }
    expect(followed).toBeGreaterThan(10);
  });

  test('is only given where there is something to gain', () => {
    const board = new Board(CramfsImage.open(fixture('images/root-XX.cramfs.gz')));
    for (const request of requests(board)) {
      const { advice, state } = board.map(request, ADVISED);
      expect(advice === null).toBe(state === 'pfnmap');
    }
  });

  test('speaks of the page size where the image was made for another', () => {
    const image = CramfsImage.open(fixture('kernels/images/mini16-XX.cramfs.gz'));
    const board = new Board(image);
    const verdict = board.map({ path: '/bin/table' }, ADVISED);
    const { advice } = verdict;
    expect(advice?.remedies).toEqual([{ kind: 'rebuild-for-page-size', pageSize: 4096, madeFor: 16384 }]);
    expect(advice === null ? null : adviceWords(advice, { image: 'fw.img', verdict }).fix).toBe(
      'rebuild the image for pages of 4 KiB: cramfs mkfs fw.img NEW-IMAGE --xip mmu --phys 0x10000000 --page-size 4K --xip-files auto /bin/table (this one looks as if built for --page-size 16K)',
    );
  });
});

describe('the picture', () => {
  const board = new Board(CramfsImage.open(fixture('images/adv.cramfs.gz')));
  const picture = (path: string, length: number, width = 78): string[] =>
    vmaPicture(board.map({ path, length }), width, NO_COLOURS);

  test('has a cell for each page, and rows of 64', () => {
    expect(picture('/za_pm4', 70 * 4096)).toEqual([
      ` 0 ####${'-'.repeat(60)}`,
      '64 ------',
      '   # direct, - past end of file',
    ]);
  });

  test('is folded to at most 16 rows, and equal rows to a star', () => {
    expect(picture('/zf_gap_mid', 3000 * 4096)).toEqual([
      `   0 #.${'-'.repeat(62)}`,
      ` 192 ${'-'.repeat(64)}`,
      '   * (13 more rows like this one)',
      `2880 ${'-'.repeat(40)}`,
      '     # direct, . paged, - past end of file, each cell is 3 pages',
    ]);
    expect(picture('/zf_gap_mid', 5000 * 4096)[0]).toBe(`   0 +.${'-'.repeat(62)}`);
  });

  test('is narrow where the terminal is, and absent where it would tell nothing', () => {
    expect(picture('/za_pm4', 30 * 4096, 30)).toEqual([
      ` 0 ####${'-'.repeat(20)}`,
      '24 ------',
      '   # direct, - past end of',
      '   file',
    ]);
    expect(picture('/za_pm4', 4096)).toEqual([]);
  });

  test('of more pages than memory could hold is drawn all the same', () => {
    expect(picture('/za_pm4', 0x7ff0_0000_0000)).toHaveLength(4);
    const verdict = board.map({ path: '/za_pm4', length: 0x7ff0_0000_0000 });
    expect(mapText(verdict, { style: NO_COLOURS, width: 80 })).toContain('4 of 34342961152 pages run from flash');
  });
});

describe('wrapping', () => {
  test('breaks at spaces, and counts the indent and what is taken', () => {
    expect(wrap('aa bb cc dd', 5, '')).toBe('aa bb\ncc dd');
    expect(wrap('aa bb cc dd', 5, '  ')).toBe('aa bb\n  cc\n  dd');
    expect(wrap('aa bb cc dd', 7, '  ', 4)).toBe('aa\n  bb cc\n  dd');
    expect(wrap('unbreakable x', 4, '')).toBe('unbreakable\nx');
    expect(wrap('', 10, '  ')).toBe('');
  });

  test('does not count colours', () => {
    expect(wrap('\u001b[31maa\u001b[39m bb', 5, '')).toBe('\u001b[31maa\u001b[39m bb');
  });
});
