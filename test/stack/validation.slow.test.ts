import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { COGNITO, EVERY_OPTION, JWKS, SHARED_SECRET, stackOf } from './synthesize.ts';

beforeAll(() => {
  vi.stubEnv('CDK_VALIDATION', undefined);
});
afterAll(() => {
  vi.unstubAllEnvs();
});

const everySetting = {
  ...SHARED_SECRET,
  ...EVERY_OPTION,
  stage: 'prod',
  removalPolicy: 'destroy',
  canary: 'true',
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
