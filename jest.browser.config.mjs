import base from './jest.config.mjs';

/** Tests in a real browser: `npm run test:browser`. @type {import('jest').Config} */
export default {
  ...base,
  testMatch: ['<rootDir>/__tests__/**/*.browser.ts'],
  maxWorkers: 1,
};
