import { defineConfig } from 'vitest/config';

/**
 * What Stryker runs for each mutant: the tests of its folder, one after the other, in a thread that is new for each mutant
 * and not for each file, with time for a busy machine.
 */
export default defineConfig({
  test: {
    include: (process.env['MUTANTS_TESTS'] ?? '').split(','),
    isolate: false,
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
