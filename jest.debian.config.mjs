import base from './jest.config.mjs';

/** Tests on Debian's own programs: `npm run test:debian`. @type {import('jest').Config} */
export default {
  ...base,
  testMatch: ['<rootDir>/__tests__/**/*.debian.ts'],
  maxWorkers: 1,
};
