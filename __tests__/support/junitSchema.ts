/** An XML Schema for JUnit reports, and libxml2 to hold them against it. */
import { readFileSync } from 'node:fs';
import { validateXML } from 'xmllint-wasm';

const schema = readFileSync(new URL('./junit.xsd', import.meta.url), 'utf8');

/** What is wrong with a JUnit report; nothing where it is well-formed and valid. */
export async function junitProblems(xml: string): Promise<readonly string[]> {
  const { valid, errors } = await validateXML({ xml: [{ fileName: 'report.xml', contents: xml }], schema: [schema] });
  return valid ? [] : errors.map(({ rawMessage }) => rawMessage);
}
