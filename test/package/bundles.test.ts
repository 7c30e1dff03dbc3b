import { rm, stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeStage } from '../e2e/stage-suite.ts';
import type { Stage } from '../support/stage.ts';
import { type Stack, startStack } from '../support/start-stack.ts';
import { loadBundles, synthesizeBundles } from '../support/synthesized-bundles.ts';

let directory = '';
let files: Record<string, string> = {};
let stack: Stack;
let stage: Stage;

beforeAll(async () => {
  const bundles = await synthesizeBundles({
    tokenIssuer: 'https://issuer.example',
    tokenAudience: 'trade-room',
  });
  ({ directory, files } = bundles);
  stack = await startStack({
    loader: ({ environmentOf }) => loadBundles(files, environmentOf),
  });
  const { endpoint: url, application } = stack;
  stage = { url, token: await stack.token('alice'), publish: application.publish };
}, 60_000);
afterAll(async () => {
  await stack.close();
  await rm(directory, { recursive: true, force: true });
});

describeStage('the bundles that cdk deploy uploads', () => stage);

describe('every bundle', () => {
  // How fast they load is measured by `npm run bench -- bundles`.
  it('the bundle of every function has at most 400 KB', async () => {
    const sizes = await Promise.all(Object.values(files).map(async (file) => (await stat(file)).size));
    expect(sizes).toHaveLength(12);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(400 * 1024);
  });
});
