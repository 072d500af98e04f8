import base from './jest.config.mjs';

/** Tests of integrations/ with the real tools: `npm run test:integrations`. @type {import('jest').Config} */
export default {
  ...base,
  testMatch: ['<rootDir>/__tests__/**/*.integration.ts'],
  maxWorkers: 2,
};
