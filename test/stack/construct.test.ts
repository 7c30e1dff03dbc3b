import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { afterAll, expect, it } from 'vitest';
import { functions } from '../../lib/config/functions.ts';
import { TradeRoomRealtime } from '../../lib/stack/trade-room-realtime.ts';
import type { TradeRoomRealtimeProps } from '../../lib/stack/trade-room-realtime-props.ts';
import { resolve } from './resolve.ts';
import { resourcesOf, type Template } from './synthesize.ts';

const tokens = { mode: 'jwks', issuer: 'https://issuer.example.com', audience: 'a' } as const;

/** In an app of somebody else, without this project's cdk.json. */
function foreignApp(props: Partial<TradeRoomRealtimeProps> = {}, bundling: string[] = []) {
  const app = new App({
    context: { 'aws:cdk:bundling-stacks': bundling },
    analyticsReporting: false,
    treeMetadata: false,
  });
  const stack = new Stack(app, 'Theirs');
  return { app, stack, realtime: new TradeRoomRealtime(stack, 'Realtime', { tokens, ...props }) };
}

const directories: string[] = [];
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true });
});

function bundlesFor(names: string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'bundles-'));
  directories.push(directory);
  for (const name of names) {
    mkdirSync(join(directory, name));
    writeFileSync(join(directory, name, 'index.mjs'), `export const handler = async () => '${name}';`);
  }
  return directory;
}

it('grantPublish lets a role of another stack publish, and do nothing else', () => {
  const { app, stack, realtime } = foreignApp();
  const role = new Role(stack, 'Orders', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  realtime.grantPublish(role);
  const template: Template = app.synth().getStackArtifact('Theirs').template;
  const policy = resourcesOf(template, 'AWS::IAM::Policy').find(([id]) => id.startsWith('Orders'));
  expect(resolve(template, policy?.[1]['PolicyDocument'])).toMatchObject({
    Statement: [{ Action: 'events:PutEvents', Effect: 'Allow', Resource: 'arn:trade-room-dev' }],
  });
});

it('the construct takes prebuilt bundles, and then needs no sources', () => {
  const { app } = foreignApp({ bundles: bundlesFor(Object.keys(functions)) }, ['**']);
  const template: Template = app.synth().getStackArtifact('Theirs').template;
  const keys = resourcesOf(template, 'AWS::Lambda::Function').map(([, { Code: code }]) =>
    JSON.stringify(code),
  );
  expect(new Set(keys).size).toBe(Object.keys(functions).length);
});

it.each([
  [
    'a text that is no room id',
    ['42', 'no room'],
    /^tracedRooms: expected room ids, separated by commas, or \* for all, not "no room"/,
  ],
  [
    'eleven rooms',
    Array.from({ length: 11 }, (_, index) => String(index)),
    /^tracedRooms: expected at most 10 room ids, separated by commas, or \* for all, not 11/,
  ],
])('the construct refuses %s as traced rooms', (_, tracedRooms, sentence) => {
  expect(() => foreignApp({ tracedRooms })).toThrow(sentence);
});

it('the construct refuses settings that make more variables than Lambda allows', () => {
  const clientId = Array.from({ length: 200 }, (_, index) => `client-${index}-of-the-user-pool`);
  const cognito = { mode: 'cognito', userPoolId: 'eu-west-1_abc', clientId } as const;
  expect(() => foreignApp({ tokens: cognito })).toThrow(
    /^The settings make \d+ bytes of variables for the function auth, and Lambda allows 4096: shorten/,
  );
});

it('the construct says which prebuilt bundle is missing', () => {
  const bundles = bundlesFor(Object.keys(functions).filter((name) => name !== 'broadcast'));
  expect(() => foreignApp({ bundles })).toThrow(/^bundles: .*broadcast\/index\.mjs is missing/);
});

it('the construct refuses token settings that the auth function could not use', () => {
  expect(() => foreignApp({ tokens: { ...tokens, issuer: null, audience: null } })).toThrow(/both null/);
});

it.each([
  [
    { postQuota: Number.NaN },
    /^postQuota: expected a whole number of posts a second from 1 to 1000000, not "NaN"/,
  ],
  [{ postQuota: 0 }, /^postQuota: expected/],
  [{ broadcastShare: 0.9 }, /^broadcastShare: expected a whole number of percent from 1 to 100, not "0.9"/],
  [
    { deliveryIntervalMs: Number.NaN },
    /^deliveryIntervalMs: expected a whole number of milliseconds from 0 to 5000, not "NaN"/,
  ],
  [
    { recoverySeconds: 60 },
    /^recoverySeconds: expected a whole number of seconds from 360 to 86400, not "60"/,
  ],
  [
    { broadcastConcurrency: 0 },
    /^broadcastConcurrency: expected a whole number of batches from 2 to 1000, not "0"/,
  ],
])('the construct refuses %j in a sentence with the range', (props, sentence) => {
  expect(() => foreignApp(props)).toThrow(sentence);
});
