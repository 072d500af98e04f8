// `npm run test:integrations`: the files of integrations/ with the tools that they are for.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { needTools, runJest } from './debian-tools.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
needTools('test:integrations', {
  cmake: 'cmake',
  fakeroot: 'fakeroot',
  git: 'git',
  'kconfig-conf': 'kconfig-frontends-nox',
  make: 'make',
  ninja: 'ninja-build',
  parallel: 'parallel',
  'pre-commit': 'pre-commit',
  shellcheck: 'shellcheck',
});
runJest('jest.integrations.config.mjs');
