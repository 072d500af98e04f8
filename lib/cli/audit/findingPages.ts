/** The pages of findings, docs/findings: they are installed with the program. */
import { installedText } from '../installed.ts';

/** Reads pages; each gets the Markdown of an id, or null where the pages are not installed. */
export function findingPages(): (id: string) => string | null {
  return (id) => installedText(`docs/findings/${id}.md`);
}
