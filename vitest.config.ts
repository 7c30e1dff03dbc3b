import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

// Of a deployed stage only its own tests are run, and with the AWS profile of the shell: nothing else may meet that.
const deployed = process.env['TRADE_ROOM_URL'] !== undefined;

// What the shell exports for real AWS (FIPS, a profile, endpoints) is not for the tests.
if (!deployed) {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
}

/** Minutes together: a packed package, a real browser, quick forms of the benches and of the soak, long forms of others. Property tests are among them, too, with more cases. */
const slow = [
  ...['package', 'browser', 'bench', 'soak', 'demo'].map((folder) => `test/${folder}/**/*.test.ts`),
  'test/**/*.slow.test.ts',
];
const deployedStage = [{ name: 'quick', include: ['test/e2e/deployed.test.ts'] }];
const projects = (
  deployed
    ? deployedStage
    : [
        // One process for each worker loads CDK, the SDK and the core once, not for every file. A test leaves its process
        // as it was: it restores what it mocks, and closes what it opens.
        {
          name: 'quick',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...slow],
          isolate: false,
        },
        // One at a time and after the others: each uses both cores, and some count what a crowd gets in time.
        {
          name: 'slow',
          include: [...slow, 'test/**/*.property.test.ts'],
          env: { LONG_FORM: 'true' },
          testTimeout: 300_000,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      ]
).map((test) => ({ extends: true as const, test }));

export default defineConfig({
  test: {
    projects,
    // How long a test fails, not how long one may take: a machine that has much else to do is slow.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Of two cores Vitest leaves one idle by default. Three workers use both, because the tests of the emulator also wait.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    reporters: ['default', './test/support/plain-summary.ts'],
    env: {
      ...(!deployed && { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }),
      // The SDK announces the end of its Node 20 support on standard error at every client.
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      // CDK's rules take seconds at every synth: `test/stack/validation.slow.test.ts` puts them in force.
      CDK_VALIDATION: 'false',
    },
  },
});
