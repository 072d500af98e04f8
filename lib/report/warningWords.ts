/** What a warning of a verdict says. */
import { hex } from '../base/hex.ts';
import { plural } from '../base/words.ts';
import type { MapWarning } from '../verdict/mapVerdict.ts';

/** A sentence without a full stop. */
export function warningWords(warning: MapWarning): string {
  switch (warning.code) {
    case 'icache-bit':
      return (
        `the kernel sets a bit of memory that belongs to something else, once for each of ${plural(warning.pages, 'page')} ` +
        `from ${hex(warning.address)}: flush_icache_pte() assumes that they have a struct page`
      );
    case 'outside-image':
      return `${plural(warning.pages, 'page')} from ${hex(warning.address)} ${are(warning.pages)} past the end of the image: its block pointers are wrong`;
    case 'foreign-memory':
      return (
        `${plural(warning.pages, 'page')} from ${hex(warning.address)} ${are(warning.pages)} outside the flash region: ` +
        (warning.byKernel
          ? "the block pointers are right, and it is this kernel's bug that it maps other memory"
          : 'Linux does not check block pointers, and maps whatever memory is there')
      );
    case 'truncated':
      return (
        `the superblock says ${String(warning.size)} bytes, but the file has ${String(warning.available)}: ` +
        'it is truncated, or its size is wrong'
      );
    case 'page-size':
      return (
        `this file looks as if built for pages of ${String(warning.madeFor)} bytes, not ${String(warning.pageSize)} ` +
        '(the image itself does not say): see --page-size'
      );
    case 'populate-hangs':
      return 'a page to be populated cannot be read: the real call never returns and floods the kernel log';
    case 'last-page-zeros':
      return (
        `page ${String(warning.page)} of the file, its last, shows zeros instead of its data: Linux takes a direct last block ` +
        'of a whole page for a hole where it does not map it directly, and so does read(2)'
      );
  }
}

const are = (count: number): string => (count === 1 ? 'is' : 'are');
