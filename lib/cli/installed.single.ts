/** As installed.ts, within the single file: the texts are part of it. */
import { brotliDecompressSync } from 'node:zlib';

/** A JSON object from path to text, compressed, in base64: the build puts it here. */
declare const INSTALLED_TEXTS: string;

let texts: Readonly<Record<string, string>> | null = null;

/** A text file of the package, or null. */
export function installedText(path: string): string | null {
  texts ??= JSON.parse(brotliDecompressSync(Buffer.from(INSTALLED_TEXTS, 'base64')).toString('utf8')) as Record<
    string,
    string
  >;
  return Object.hasOwn(texts, path) ? (texts[path] ?? null) : null;
}
