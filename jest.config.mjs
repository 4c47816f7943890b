/** Tests run on the TypeScript sources; processes that tests start run the build in dist/, made once by test/setup.mjs. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/hub', '<rootDir>/connectors', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } }] },
  globalSetup: '<rootDir>/test/setup.mjs',
  globalTeardown: '<rootDir>/test/teardown.mjs',
  reporters: ['default', '<rootDir>/test/reporter.mjs'],
  testTimeout: 60_000,
  maxWorkers: 2,
};
