// The licences of the packages that are part of a bundle.
import { readdirSync, readFileSync } from 'node:fs';

/**
 * The licence texts of the packages that some files are from, each different text once.
 * @param {string[]} files that were bundled
 */
export function licencesOf(files) {
  const folders = new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []));
  /** @type {Map<string, string[]>} */
  const packagesOf = new Map();
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    const text = file === undefined ? '' : readFileSync(`${folder}/${file}`, 'utf8').trim();
    packagesOf.set(text, [...(packagesOf.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const sections = [...packagesOf].map(([text, packages]) => `${packages.join('\n')}\n\n${text}\n`);
  return ['Packages that are part of it:\n', ...sections].join(`\n${'-'.repeat(80)}\n\n`);
}
