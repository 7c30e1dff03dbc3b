import { expect, it } from 'vitest';
import { type FunctionName, functions } from '../../lib/config/functions.ts';
import { METRICS_NAMESPACE } from '../../lib/config/metrics.ts';
import { permissions } from '../../lib/config/permissions.ts';
import { queues } from '../../lib/config/queues.ts';
import { alarmNamed, alarmsOf, metricsOf, watchedBy } from './alarm-properties.ts';
import { resolve } from './resolve.ts';
import { EVERY_OPTION, JWKS, resourcesOf, type Template, templateOf } from './synthesize.ts';

const template = templateOf(JWKS);
const withOptions = templateOf(EVERY_OPTION);
const alarms = alarmsOf(template);

it.each([
  ['events-lost', 'InvocationsFailedToBeSentToDlq', 'DestinationDeliveryFailures'],
  ['events-given-up', 'FailedInvocations', 'AsyncEventsDropped'],
])(
  'the alarm %s begins with the first event, of the rule (%s) or of the ingest (%s)',
  (name, ofRule, ofIngest) => {
    const alarm = alarmNamed(template, name);
    expect(alarm).toMatchObject({ Threshold: 0, EvaluationPeriods: 1 });
    const [ingest] = resourcesOf(template, 'AWS::Lambda::Function').find(([, { FunctionName: full }]) =>
      String(full).endsWith('-ingest'),
    ) ?? [''];
    expect(watchedBy(alarm)).toMatchObject([
      { Metric: { Namespace: 'AWS/Events', MetricName: ofRule, Dimensions: rule }, Stat: 'Sum' },
      {
        Metric: {
          Namespace: 'AWS/Lambda',
          MetricName: ofIngest,
          Dimensions: [{ Name: 'FunctionName', Value: { Ref: ingest } }],
        },
        Stat: 'Sum',
      },
    ]);
  },
);

// Of a rule on the default bus, metrics have the rule's name alone.
const [[bus] = []] = resourcesOf(template, 'AWS::Events::EventBus');
const rule = [
  { Name: 'EventBusName', Value: { Ref: bus } },
  { Name: 'RuleName', Value: 'trade-room-dev-ingest' },
];

it('the alarms on the rule name it as EventBridge does', () => {
  const [[, deployed] = []] = resourcesOf(template, 'AWS::Events::Rule');
  expect(deployed).toMatchObject({ Name: 'trade-room-dev-ingest', EventBusName: { Ref: bus } });
  expect(alarmNamed(template, 'events-held-back')).toMatchObject({
    MetricName: 'ThrottledRules',
    Dimensions: rule,
  });
});

it('the alarm ingest-behind begins when an event has waited for 30 seconds before its stream', () => {
  const alarm = alarmNamed(template, 'ingest-behind');
  expect(alarm).toMatchObject({ Threshold: 30_000, DatapointsToAlarm: 3 });
  expect(watchedBy(alarm)).toMatchObject([{ Metric: { MetricName: 'AsyncEventAge' }, Stat: 'Maximum' }]);
});

it('the alarm concurrency-near-quota begins when the account runs more than 70 % of the functions that it may', () => {
  const alarm = alarmNamed(template, 'concurrency-near-quota');
  expect(alarm).toMatchObject({ Threshold: 70, ComparisonOperator: 'GreaterThanThreshold' });
  expect(JSON.stringify(alarm.Metrics)).toContain('100 * claimed / SERVICE_QUOTA(running)');
  expect(metricsOf(alarm)).toEqual([
    { Namespace: 'AWS/Lambda', MetricName: 'ClaimedAccountConcurrency' },
    { Namespace: 'AWS/Lambda', MetricName: 'ConcurrentExecutions' },
  ]);
});

it('the alarm recursion-stopped begins when Lambda stops a chain of any function that queues, rules or functions invoke', () => {
  const alarm = alarmNamed(template, 'recursion-stopped');
  expect(alarm).toMatchObject({ Threshold: 0, EvaluationPeriods: 1 });
  expect(new Set(metricsOf(alarm).map(({ MetricName }) => MetricName))).toEqual(
    new Set(['RecursiveInvocationsDropped']),
  );
  const watched = JSON.stringify(metricsOf(alarm));
  for (const name of ['authDeadline', 'ingest', 'broadcast', 'broadcastWorker']) {
    expect(watched).toContain(`Functions${name}Function`);
  }
});

it('the alarm canary-silent begins when no run of the canary has succeeded for three minutes', () => {
  const alarm = alarmNamed(template, 'canary-silent');
  expect(alarm).toMatchObject({
    ComparisonOperator: 'LessThanThreshold',
    Threshold: 1,
    EvaluationPeriods: 3,
    DatapointsToAlarm: 3,
    TreatMissingData: 'breaching',
  });
  const Dimensions = [{ Name: 'service', Value: 'trade-room-dev' }];
  expect(watchedBy(alarm)).toMatchObject([
    { Metric: { Namespace: METRICS_NAMESPACE, MetricName: 'CanaryMs', Dimensions }, Stat: 'SampleCount' },
  ]);
});

it.each([
  ['auth-deadline', 'auth-deadline'],
  ['room-events', 'room-events.fifo'],
])(
  'the alarm %s-not-polled begins when Lambda has not reported for five minutes that it polls the queue',
  (name, queue) => {
    const mapping = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').find(([, properties]) =>
      JSON.stringify(resolve(template, properties)).includes(`"arn:trade-room-dev-${queue}"`),
    );
    expect(mapping?.[1]['MetricsConfig']).toEqual({ Metrics: ['EventCount'] });
    const alarm = alarmNamed(template, `${name}-not-polled`);
    expect(alarm).toMatchObject({
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      EvaluationPeriods: 5,
      DatapointsToAlarm: 5,
      TreatMissingData: 'breaching',
    });
    const Dimensions = [{ Name: 'EventSourceMappingUUID', Value: { Ref: mapping?.[0] } }];
    expect(watchedBy(alarm)).toMatchObject([
      { Metric: { MetricName: 'PolledEventCount', Dimensions }, Stat: 'SampleCount' },
    ]);
  },
);

it.each(['Errors', 'Throttles'])(
  'an alarm watches the %s of every function except default, which only answers with a constant, and the canary',
  (metricName) => {
    const name = `trade-room-dev-function-${metricName.toLowerCase()}`;
    const watched = alarms.filter(({ AlarmName }) => AlarmName === name).flatMap(metricsOf);
    expect(new Set(watched.map((metric) => metric.MetricName))).toEqual(new Set([metricName]));
    const named = watched.flatMap(({ Dimensions: dimensions = [] }) => dimensions.map(({ Value }) => Value));
    const all = resourcesOf(template, 'AWS::Lambda::Function');
    const missing = all.filter(([id]) => !named.some((value) => JSON.stringify(value) === `{"Ref":"${id}"}`));
    expect(missing.map(([, { FunctionName: full }]) => full)).toEqual([
      'trade-room-dev-default',
      'trade-room-dev-canary',
    ]);
    const quiet: FunctionName = 'default';
    expect([functions[quiet].environment, permissions[quiet].table]).toEqual([[], []]);
    // What it cannot do any more, API Gateway counts.
    const refused = alarms.find(({ AlarmName }) => AlarmName === 'trade-room-dev-connections-refused');
    expect(JSON.stringify(refused?.Metrics)).toContain('"IntegrationError"');
  },
);

it.each(['event-dead-letters', 'room-events-dead-letters', 'auth-deadline-dead-letters'])(
  'the alarm %s begins with the first message',
  (name) => {
    const alarm = alarmNamed(template, name);
    expect(alarm).toMatchObject({ Threshold: 0, EvaluationPeriods: 1 });
    expect(watchedBy(alarm)).toMatchObject([
      { Metric: { MetricName: 'ApproximateNumberOfMessagesVisible' }, Stat: 'Maximum', Period: 60 },
    ]);
  },
);

it('the alarm room-events-behind begins after two minutes in which events waited for more than a minute', () => {
  const alarm = alarmNamed(template, 'room-events-behind');
  expect(alarm).toMatchObject({ Threshold: 60, DatapointsToAlarm: 3, EvaluationPeriods: 5 });
  const [id] =
    resourcesOf(template, 'AWS::SQS::Queue').find(
      ([, { QueueName: name }]) => name === 'trade-room-dev-room-events.fifo',
    ) ?? [];
  const Metric = {
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateAgeOfOldestMessage',
    Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [id, 'QueueName'] } }],
  };
  expect(alarm.Metrics).toMatchObject([{ MetricStat: { Metric, Stat: 'Maximum', Period: 60 } }]);
  // A function that crashes holds up its room for shorter than that.
  expect(queues['room-events.fifo'].visibilityTimeoutSeconds).toBeLessThan(60 + 2 * 60);
});

it('the alarm posts-near-quota compares the posts that were made with the quota of the account', () => {
  const partsOf = (of: Template) => {
    const metrics = alarmNamed(of, 'posts-near-quota').Metrics as { Expression?: string }[];
    return metrics.flatMap(({ Expression: expression }) => expression ?? []);
  };
  expect(partsOf(template)).toEqual(['100 * posts / PERIOD(posts) / 10000']);
  expect(partsOf(withOptions)).toEqual(['100 * posts / PERIOD(posts) / 25000']);
  expect(watchedBy(alarmNamed(template, 'posts-near-quota'))).toMatchObject([
    { Metric: { MetricName: 'Posts' }, Stat: 'Sum', Period: 60 },
  ]);
});
