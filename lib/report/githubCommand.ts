/** Workflow commands of GitHub Actions, as the runner reads them from standard output. */
import { printableName } from '../format/names.ts';

const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** An annotation of a file: `error`, `warning` or `notice`. */
export function githubCommand(name: string, file: string, title: string, message: string): string {
  const properties = `file=${escapeProperty(printableName(file))},title=${escapeProperty(title)}`;
  return `::${name} ${properties}::${escapeData(message)}\n`;
}
