import { defineConfig } from 'vitest/config';

/**
 * What Stryker runs for each mutant: the tests of its folder, one after the other, with time for a busy machine. A thread
 * is new for each mutant, and for each file only where it must be.
 */
export default defineConfig({
  test: {
    include: (process.env['MUTANTS_TESTS'] ?? '').split(','),
    isolate: process.env['MUTANTS_ISOLATE'] === 'true',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    env: {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
  },
});
