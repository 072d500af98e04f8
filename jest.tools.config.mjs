import base from './jest.config.mjs';

/** Tests with other programs: `npm run test:tools`. @type {import('jest').Config} */
export default {
  ...base,
  testMatch: ['<rootDir>/__tests__/**/*.tools.ts'],
  maxWorkers: 2,
};
