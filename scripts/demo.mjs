// `npm run demo`: unpacks a fixture image into demo/ and asks how Linux would map files of it. The image stays there.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const FOLDER = 'demo';
const IMAGE = 'root-XX.cramfs';
const REQUESTS = [
  ['/bin/hello'],
  ['/bin/hello', '--offset', '0x1000', '--length', '1p', '--prot', 'rx'],
  ['/lib/ld-musl-i386.so.1', '--pages'],
];

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

mkdirSync(FOLDER, { recursive: true });
const image = `${FOLDER}/${IMAGE}`;
writeFileSync(image, gunzipSync(readFileSync(`fixtures/images/${IMAGE}.gz`)));
for (const [index, request] of REQUESTS.entries()) {
  const args = ['dist/bin/cramfs-map.cjs', image, ...request];
  console.log(`${index === 0 ? '' : '\n'}$ node ${args.join(' ')}`);
  const { status, error } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) {
    console.error(`demo: exit status ${String(status)}`);
    process.exitCode = 1;
  }
}
console.log(`\nThe image is ${image}. Try on it: node dist/bin/cramfs.cjs audit ${image}`);
