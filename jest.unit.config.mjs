// `npm run test:unit`: the inner loop, under a minute on two cores. It leaves out the tests that take long because they try
// everything: each damage, all fixtures, whole programs again and again. `npm test` runs those too.
import config from './jest.config.mjs';

/** Test files that take more than some five seconds, by the beginning of their names. */
const SLOW = [
  'process.limits',
  'profile.check',
  'schemas.reports',
  'work.shared',
  'schemas.outputs',
  'fixes',
  'arch.transcripts',
  'audit.action',
  'audit.cli',
  'audit.diff',
  'audit.docs',
  'audit.fixtures',
  'audit.numbers',
  'audit.policy.apply',
  'audit.shards',
  'batch.transcripts',
  'build.compatible',
  'build.deflate',
  'build.hostile',
  'build.listing',
  'build.roundTrip',
  'build.vendor',
  'compareKernels',
  'compat',
  'damage',
  'extract.attacks',
  'extract.fixtures',
  'extract.workers',
  'docs.samples',
  'dumps.page',
  'dumps.variants',
  'files.table',
  'inspect.account',
  'inspect.listing',
  'inspect.walk',
  'invariants',
  'lab.broken',
  'lab.random',
  'lab.records',
  'lab.view',
  'nommu',
  'patch2',
  'riscv.transcripts',
  'scale',
  'single',
];

/** @type {import('jest').Config} */
export default {
  ...config,
  testPathIgnorePatterns: ['/node_modules/', `/__tests__/(?:${SLOW.join('|').replaceAll('.', '[.]')})[.]test[.]ts$`],
};
