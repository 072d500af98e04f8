import base from './jest.config.mjs';

/** Tests with a real kernel under QEMU: `npm run test:profile`. @type {import('jest').Config} */
export default {
  ...base,
  testMatch: ['<rootDir>/__tests__/**/*.lab.ts'],
  maxWorkers: 1,
};
