import { expect, it } from 'vitest';
import { functionEntries } from '../../lib/config/functions.ts';
import { allOf, onlyOf, resolve, variablesOf } from './resolve.ts';
import {
  COGNITO,
  EVERY_OPTION,
  JWKS,
  resourcesOf,
  SHARED_SECRET,
  SHORT_LIVED,
  templateOf,
} from './synthesize.ts';

const CANARY = 'arn:trade-room-dev-canary';
const DEAD_LETTERS = 'arn:trade-room-dev-canary-dead-letters';
const template = templateOf(JWKS);

it('the canary runs each minute and is not retried, because the next run comes before a retry would', () => {
  expect(onlyOf(template, 'AWS::Scheduler::Schedule')).toMatchObject({
    ScheduleExpression: 'rate(1 minute)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: {
      Arn: CANARY,
      RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
      DeadLetterConfig: { Arn: DEAD_LETTERS },
    },
  });
  const configs = allOf(template, 'AWS::Lambda::EventInvokeConfig');
  expect(configs.find(({ FunctionName: of }) => CANARY.endsWith(`:${of}`))).toMatchObject({
    MaximumRetryAttempts: 0,
    DestinationConfig: { OnFailure: { Destination: DEAD_LETTERS } },
  });
  const functions = allOf(template, 'AWS::Lambda::Function');
  const canary = functions.find(({ FunctionName: name }) => CANARY.endsWith(`:${name}`));
  expect(canary?.['Timeout']).toBeLessThan(60);
});

it('the role of the canary’s schedule may invoke the canary and send to its dead letters, and nothing else', () => {
  const { Target: target } = onlyOf(template, 'AWS::Scheduler::Schedule') as { Target: { RoleArn: string } };
  const role = template.Resources[target.RoleArn.replace('arn:', '')];
  const properties = resolve(template, role?.Properties) as Record<string, unknown>;
  expect(properties['AssumeRolePolicyDocument']).toMatchObject({
    Statement: [
      {
        Principal: { Service: 'scheduler.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': '000000000000' } },
      },
    ],
  });
  expect(properties['Policies']).toMatchObject([
    {
      PolicyDocument: {
        Statement: [
          { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: CANARY },
          { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: DEAD_LETTERS },
        ],
      },
    },
  ]);
  expect(properties).not.toHaveProperty('ManagedPolicyArns');
});

it('the schedule of the canary is made after the stage, the queues and the rule', () => {
  const schedules = Object.values(template.Resources).filter(
    ({ Type }) => Type === 'AWS::Scheduler::Schedule',
  );
  const needed = ['AWS::ApiGatewayV2::Stage', 'AWS::Lambda::EventSourceMapping', 'AWS::Events::Rule'].flatMap(
    (type) => resourcesOf(template, type).map(([id]) => id),
  );
  expect(schedules[0]?.['DependsOn']).toEqual(expect.arrayContaining(needed));
});

it.each<[string, Record<string, unknown>, object]>([
  ['signs its tokens with the secret of the REST API if there is one', SHARED_SECRET, { from: 'jwt-secret' }],
  ['has no token with a JWKS if no canarySecretName is given', JWKS, { from: 'nowhere' }],
  ['has no token with Cognito if no canarySecretName is given', COGNITO, { from: 'nowhere' }],
  [
    'gets its token by the secret of canarySecretName if one is given',
    EVERY_OPTION,
    { from: 'canary-secret', secretId: 'trade-room/canary' },
  ],
])('the canary %s', (_, settings, expected) => {
  const { canary } = variablesOf(templateOf(settings));
  expect(JSON.parse(canary?.['CANARY_TOKENS'] ?? '')).toMatchObject(expected);
  expect(canary?.['WEB_SOCKET_URL']).toMatch(/^wss:\/\/./);
});

it('a stage with canary=false has no canary, no schedule and no alarm on it', () => {
  const without = templateOf(SHORT_LIVED);
  expect(allOf(without, 'AWS::Scheduler::Schedule')).toEqual([]);
  // Its role could make tokens and put events.
  const functions = Object.keys(variablesOf(without));
  expect(functions).not.toContain('canary');
  expect(functions).toHaveLength(Object.keys(functionEntries('jwks')).length - 1);
  const names = resourcesOf(without, 'AWS::CloudWatch::Alarm').map(([, { AlarmName: name }]) => name);
  expect(names).not.toContain('trade-room-dev-canary-silent');
});
