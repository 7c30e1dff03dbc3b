import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Of a deployed stage only its own tests are run, and with the AWS profile of the shell: nothing else may meet that.
const deployed = process.env['TRADE_ROOM_URL'] !== undefined;

export default defineConfig({
  test: {
    include: deployed ? ['test/e2e/deployed.test.ts'] : ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // Vitest leaves one of two cores idle by default.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    reporters: ['default', './test/support/plain-summary.ts'],
    env: {
      ...(!deployed && { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }),
      // The SDK announces the end of its Node 20 support on standard error at every client.
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
  },
});
