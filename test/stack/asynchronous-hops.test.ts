import { expect, it } from 'vitest';
import { allOf, onlyOf } from './resolve.ts';
import { EVERY_OPTION, JWKS, resourcesOf, templateOf } from './synthesize.ts';

const DEAD_LETTERS = 'arn:trade-room-dev-event-dead-letters';
const template = templateOf(JWKS);

it('every asynchronous hop has a dead-letter queue', () => {
  const targets = allOf(template, 'AWS::Events::Rule').flatMap(({ Targets: list }) => list as object[]);
  expect(targets).toHaveLength(1);
  for (const target of targets) expect(target).toMatchObject({ DeadLetterConfig: { Arn: DEAD_LETTERS } });

  const invoked = targets.map((target) => (target as { Arn: string }).Arn.replace('arn:', ''));
  const configs = allOf(template, 'AWS::Lambda::EventInvokeConfig');
  for (const name of invoked) {
    const config = configs.find(({ FunctionName: of }) => of === name);
    expect(config).toMatchObject({ DestinationConfig: { OnFailure: { Destination: DEAD_LETTERS } } });
  }

  const consumed = allOf(template, 'AWS::Lambda::EventSourceMapping').map(({ EventSourceArn: arn }) => arn);
  expect(consumed).toEqual(['arn:trade-room-dev-auth-deadline', 'arn:trade-room-dev-room-events.fifo']);
  const redrives = allOf(template, 'AWS::SQS::Queue')
    .filter(({ QueueName: name }) => consumed.includes(`arn:${name}`))
    .map(({ RedrivePolicy: redrive }) => redrive);
  expect(redrives).toEqual([
    { maxReceiveCount: 5, deadLetterTargetArn: 'arn:trade-room-dev-auth-deadline-dead-letters' },
    { maxReceiveCount: 10, deadLetterTargetArn: 'arn:trade-room-dev-room-events-dead-letters.fifo' },
  ]);
});

it('only the rule of the bus may send to the dead letters of events without a role', () => {
  const policies = allOf(template, 'AWS::SQS::QueuePolicy').flatMap(
    ({ PolicyDocument: document }) => (document as { Statement: Record<string, unknown>[] }).Statement,
  );
  const allowed = policies.filter(({ Effect: effect }) => effect === 'Allow');
  const [[rule] = []] = resourcesOf(template, 'AWS::Events::Rule');
  expect(allowed).toEqual([
    expect.objectContaining({
      Action: 'sqs:SendMessage',
      Principal: { Service: 'events.amazonaws.com' },
      Resource: DEAD_LETTERS,
      Condition: { ArnEquals: { 'aws:SourceArn': `arn:${rule}` } },
    }),
  ]);
});

it('EventBridge gives up an event that the ingest did not take within a minute', () => {
  const [target] = onlyOf(template, 'AWS::Events::Rule')['Targets'] as Record<string, object>[];
  expect(target?.['RetryPolicy']).toEqual({ MaximumEventAgeInSeconds: 60 });
});

it('dead letters are kept for two weeks', () => {
  const queues = allOf(template, 'AWS::SQS::Queue');
  const dead = queues.filter(({ QueueName: name }) => /dead-letters(\.fifo)?$/.test(String(name)));
  expect(dead.map(({ MessageRetentionPeriod: seconds }) => seconds)).toEqual(Array(4).fill(1_209_600));
});

it('every queue is encrypted and refuses calls without TLS', () => {
  const queues = allOf(template, 'AWS::SQS::Queue');
  for (const queue of queues) expect(queue['SqsManagedSseEnabled']).toBe(true);
  const refusals = allOf(template, 'AWS::SQS::QueuePolicy').filter((policy) =>
    /"Effect":"Deny".*"aws:SecureTransport":"false"|"aws:SecureTransport":"false".*"Effect":"Deny"/.test(
      JSON.stringify(policy),
    ),
  );
  expect(refusals).toHaveLength(queues.length);
});

it('the room streams are worked on in as many batches at a time as broadcastConcurrency says', () => {
  const mappings = allOf(templateOf(EVERY_OPTION), 'AWS::Lambda::EventSourceMapping');
  expect(mappings.map(({ EventSourceArn: arn, ScalingConfig: scaling }) => [arn, scaling])).toEqual([
    ['arn:trade-room-dev-auth-deadline', { MaximumConcurrency: 50 }],
    ['arn:trade-room-dev-room-events.fifo', { MaximumConcurrency: 7 }],
  ]);
});
