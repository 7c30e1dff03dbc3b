import { expect, it } from 'vitest';
import { allOf, onlyOf } from './resolve.ts';
import { EVERY_OPTION, JWKS, templateOf } from './synthesize.ts';

const template = templateOf(JWKS);
const withOptions = templateOf(EVERY_OPTION);

it('the API’s stage deploys itself, throttles, and logs no message', () => {
  const { AutoDeploy: autoDeploy, DefaultRouteSettings: settings } = onlyOf(
    template,
    'AWS::ApiGatewayV2::Stage',
  );
  expect(autoDeploy).toBe(true);
  expect(settings).toEqual({ ThrottlingRateLimit: 2_000, ThrottlingBurstLimit: 1_000 });
});

it('the API’s stage writes an access log only if the stack has the account’s CloudWatch role', () => {
  expect(onlyOf(template, 'AWS::ApiGatewayV2::Stage')).not.toHaveProperty('AccessLogSettings');
  expect(allOf(template, 'AWS::ApiGateway::Account')).toEqual([]);
  const { AccessLogSettings: settings } = onlyOf(withOptions, 'AWS::ApiGatewayV2::Stage');
  expect(settings).toHaveProperty('DestinationArn');
  expect(JSON.stringify(settings)).not.toMatch(/\$input|body|header|authorizer/i);
});

it('the CloudWatch role of API Gateway is kept when the stack is deleted, because it is the account’s', () => {
  const { Resources: resources } = withOptions;
  const account = Object.values(resources).find(({ Type }) => Type === 'AWS::ApiGateway::Account');
  const role = Object.entries(resources).find(([logicalId]) => logicalId.includes('CloudWatchRole'));
  expect([account?.['DeletionPolicy'], role?.[1]['DeletionPolicy']]).toEqual(['Retain', 'Retain']);
});

it('a stage with a domainName is reached by that name', () => {
  expect(onlyOf(withOptions, 'AWS::ApiGatewayV2::ApiMapping')).toMatchObject({ Stage: 'dev' });
  expect(JSON.stringify(withOptions.Outputs['WebSocketUrl'])).toContain('wss://');
  expect(withOptions.Outputs).toHaveProperty('DomainTarget');
});
