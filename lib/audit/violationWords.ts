/** Where a violated invariant comes from, in words. */
import { hex } from '../base/hex.ts';
import { plural } from '../base/words.ts';
import type { TraceEntry } from '../mm/kernel.ts';
import type { ViolationCause } from '../verdict/violation.ts';

/** A call with its arguments and what came back. */
export function describeCall(entry: TraceEntry): string {
  const size = entry.size === undefined ? '' : `, size ${hex(entry.size)}`;
  const page = entry.page === undefined ? '' : `, page ${String(entry.page)}`;
  const address = entry.address === undefined ? '' : `, address ${entry.address}`;
  const pages = entry.pages === undefined ? '' : `, ${plural(entry.pages, 'page')}`;
  return `${entry.call}(pfn ${entry.pfn}${address}${size}${pages}${page}) = ${entry.result}`;
}

/** The cause as the end of a sentence. */
export function causeText(cause: ViolationCause): string {
  const offset = (value: number | null): string => (value === null ? 'nothing' : hex(value));
  switch (cause.kind) {
    case 'call':
      return describeCall(cause.call);
    case 'page-cache':
      return `read through the page cache at vm_pgoff ${String(cause.vmPgoff)}; page ${String(cause.asked)} was asked for`;
    case 'icache':
      return `flush_icache_pte() set a bit in the struct page that it takes ${hex(cause.address)} to have`;
    case 'pages-present':
      return `${String(cause.present)} of ${plural(cause.pages, 'page')} are present`;
    case 'maps-offset':
      return `maps shows offset ${offset(cause.shown)} where ${offset(cause.right)} would be right`;
  }
}
