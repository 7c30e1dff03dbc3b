import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';
import { sharedFiles } from './test/support/shared-process.ts';

// Of a deployed stage only its own tests are run, and with the AWS profile of the shell: nothing else may meet that.
const deployed = process.env['TRADE_ROOM_URL'] !== undefined;

// What the shell exports for real AWS (FIPS, a profile, endpoints) is not for the tests.
if (!deployed) {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
}

const { exclude } = configDefaults;
const projects = [
  { name: 'apart', include: ['test/**/*.test.ts'], exclude: [...exclude, ...sharedFiles] },
  { name: 'shared', include: sharedFiles, isolate: false },
].map((test) => ({ extends: true as const, test }));

export default defineConfig({
  test: {
    ...(deployed ? { include: ['test/e2e/deployed.test.ts'] } : { projects }),
    // How long a test fails, not how long one may take: a machine that has much else to do is slow.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Vitest leaves one of two cores idle by default.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/support/plain-summary.ts'],
    env: {
      ...(!deployed && { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }),
      // The SDK announces the end of its Node 20 support on standard error at every client.
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      // CDK's rules take seconds at every synth: `test/stack/validation.test.ts` puts them in force.
      CDK_VALIDATION: 'false',
    },
  },
});
