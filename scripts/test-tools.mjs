// `npm run test:tools`: what the commands write, tried with the programs that it is for: shells, man, mtree, bsdtar, dtc.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { needTools, runJest } from './debian-tools.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
needTools('test:tools', {
  bash: 'bash',
  bsdtar: 'libarchive-tools',
  cpp: 'cpp',
  dtc: 'device-tree-compiler',
  fakeroot: 'fakeroot',
  fish: 'fish',
  groff: 'groff',
  man: 'man-db',
  mandoc: 'mandoc',
  mtree: 'mtree-netbsd',
  script: 'bsdutils',
  sha256sum: 'coreutils',
  zsh: 'zsh',
});
runJest('jest.tools.config.mjs');
