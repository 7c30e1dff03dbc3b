import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { COGNITO, JWKS, SHARED_SECRET, stackOf } from './synthesize.ts';

beforeAll(() => {
  vi.stubEnv('CDK_VALIDATION', undefined);
});
afterAll(() => {
  vi.unstubAllEnvs();
});

const everySetting = {
  ...SHARED_SECRET,
  ...JWKS,
  stage: 'prod',
  userIdClaim: 'id',
  roomAccess: 'claim',
  authDeadlineSeconds: '20',
  throttleRateLimit: '500',
  throttleBurstLimit: '250',
  postQuota: '2500',
  broadcastShare: '50',
  broadcastConcurrency: '20',
  deliveryIntervalMs: '100',
  recoverySeconds: '3600',
  removalPolicy: 'destroy',
  tableKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000',
  canary: 'true',
  canarySecretName: 'trade-room/canary',
  alarmEmail: 'ops@example.com',
  alarmTopicArn: 'arn:aws:sns:eu-west-1:123456789012:pager',
  domainName: 'realtime.example.com',
  certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/00000000-0000-0000-0000-000000000000',
  logRetentionDays: '7',
  apiGatewayCloudWatchRole: 'true',
  publisherAccounts: '111111111111,222222222222',
};

it.each([
  ['a JWKS', JWKS],
  ['Cognito', COGNITO],
  ['every setting', everySetting],
])('the template with %s passes CDK’s own rules and cdk-nag’s AwsSolutions', (_, settings) => {
  const { app } = stackOf(settings);
  expect(app.node.tryGetContext('@aws-cdk/core:validateAgainstDefaultRules')).toBe(true);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  expect(() => app.synth()).not.toThrow();
});

it('CDK’s rules refuse a template with a time-out that Lambda does not have', () => {
  const { app, stack } = stackOf(JWKS);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const { broadcast } = stack.realtime.functions.byName;
  const cfnFunction = broadcast.node.defaultChild as unknown as { timeout: number };
  cfnFunction.timeout = 5_000;
  expect(() => app.synth()).toThrow(/Timeout: 5000 exceeds/);
});
