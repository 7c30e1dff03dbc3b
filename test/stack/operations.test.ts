import { describe, expect, it } from 'vitest';
import { stage } from '../../bin/docs/costs.ts';
import { type FunctionName, functions } from '../../lib/config/functions.ts';
import { METRICS_NAMESPACE, metrics } from '../../lib/config/metrics.ts';
import { permissions } from '../../lib/config/permissions.ts';
import { alarms as alarmTable } from '../../lib/stack/alarms.ts';
import { readDocument } from '../support/markdown.ts';
import { resolve } from './resolve.ts';
import { JWKS, resourcesOf, stackOf, templateOf } from './synthesize.ts';

interface AlarmProperties {
  AlarmName: string;
  AlarmDescription: string;
  AlarmActions?: unknown[];
  OKActions?: unknown[];
  Metrics?: { MetricStat?: { Metric: WatchedMetric; Stat: string; Period: number } }[];
  MetricName?: string;
  Namespace?: string;
  Dimensions?: { Name: string; Value: unknown }[];
  TreatMissingData: string;
  [other: string]: unknown;
}
type WatchedMetric = Pick<AlarmProperties, 'MetricName' | 'Namespace' | 'Dimensions'>;

const template = templateOf();
const withEmail = templateOf({ ...JWKS, alarmEmail: 'ops@example.com' });
const alarmsOf = (of: typeof template) =>
  resourcesOf(of, 'AWS::CloudWatch::Alarm').map(([, properties]) => properties as unknown as AlarmProperties);
const alarms = alarmsOf(template);
const metricsOf = ({ Metrics, ...alarm }: AlarmProperties): WatchedMetric[] =>
  Metrics === undefined ? [alarm] : Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []);
const watchedBy = (alarm: AlarmProperties | undefined) =>
  alarm?.Metrics?.flatMap(({ MetricStat }) => MetricStat ?? []);

const headings = [...readDocument('docs/operations/runbook.md').matchAll(/^### (.*)$/gm)].map(
  ([, heading]) => heading,
);
const dashboard = JSON.stringify(resourcesOf(template, 'AWS::CloudWatch::Dashboard'));

describe('an alarm', () => {
  it.each(alarms.map(({ AlarmName: name, ...alarm }) => [name, alarm] as const))(
    '%s says what to do, and names its section in docs/operations/runbook.md',
    (_, { AlarmDescription: description }) => {
      const [, text = '', section] = description.match(/^(.*) docs\/operations\/runbook\.md: (.*)$/) ?? [];
      expect(headings).toContain(section);
      // A problem, then what to do about it.
      expect(text.match(/[.?:](?= |$)/g)?.length).toBeGreaterThanOrEqual(2);
    },
  );

  it('has a section of the runbook each, and no section is of an alarm that does not exist', () => {
    const document = readDocument('docs/operations/runbook.md');
    const runbook = document.slice(document.indexOf('\n## Alarms'), document.indexOf('\n## Dead letters'));
    const sections = [...runbook.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
    const named = alarms.map(
      ({ AlarmDescription: description }) => description.split('docs/operations/runbook.md: ')[1],
    );
    expect(sections.sort()).toEqual([...new Set(named)].sort());
  });

  it('is in the template for every entry of the table, but for that on the canary where none runs', () => {
    const namesIn = (of: typeof template) =>
      alarmsOf(of).map(({ AlarmName: name }) => name.replace('trade-room-dev-', ''));
    const names = Object.keys(alarmTable);
    expect(namesIn(template).sort()).toEqual(names.sort());
    const withoutCanary = namesIn(templateOf({ ...JWKS, canary: false }));
    expect(names.filter((name) => !withoutCanary.includes(name))).toEqual(['canary-silent']);
  });

  it('costs what the cost page says, by the numbers of alarms and metrics', () => {
    expect(stage).toEqual({
      alarms: alarms.length,
      watchedMetrics: alarms.flatMap(metricsOf).length,
      ownMetrics: Object.keys(metrics).length,
    });
  });

  it('watches metrics of this stage alone', () => {
    for (const metric of alarms.flatMap(metricsOf)) {
      if (metric.Namespace !== METRICS_NAMESPACE) continue;
      expect(metric.Dimensions).toEqual([{ Name: 'service', Value: 'trade-room-dev' }]);
    }
    const services = resourcesOf(template, 'AWS::Lambda::Function').map(
      ([, { Environment }]) =>
        (Environment as { Variables: Record<string, string> }).Variables['POWERTOOLS_SERVICE_NAME'],
    );
    expect(new Set(services)).toEqual(new Set(['trade-room-dev', undefined]));
  });

  it('takes no more metrics than CloudWatch allows', () => {
    for (const alarm of alarms) expect(metricsOf(alarm).length).toBeLessThanOrEqual(10);
  });

  it('do not fire for missing data, except those on the canary and on polls; those on dead letters keep their state', () => {
    const treating = (treatment: string) =>
      alarms
        .filter(({ TreatMissingData: missing }) => missing === treatment)
        .map(({ AlarmName: name }) => name.replace('trade-room-dev-', ''));
    // SQS reports on a queue for six hours after somebody has used it, whatever is in it.
    expect(treating('ignore')).toEqual(alarmsOn('ApproximateNumberOfMessagesVisible'));
    expect(treating('ignore')).toHaveLength(3);
    expect(treating('breaching')).toEqual([
      'canary-silent',
      'auth-deadline-not-polled',
      'room-events-not-polled',
    ]);
    expect(treating('notBreaching')).toHaveLength(alarms.length - 6);
  });

  const alarmsOn = (metricName: string) =>
    alarms
      .filter((alarm) => metricsOf(alarm).some(({ MetricName }) => MetricName === metricName))
      .map(({ AlarmName: name }) => name.replace('trade-room-dev-', ''));
  const alarmNamed = (name: string) =>
    alarms.find(({ AlarmName }) => AlarmName === `trade-room-dev-${name}`) ?? ({} as AlarmProperties);

  it.each([
    ['events-lost', 'InvocationsFailedToBeSentToDlq', 'DestinationDeliveryFailures'],
    ['events-given-up', 'FailedInvocations', 'AsyncEventsDropped'],
  ])('%s begins with the first event, of the rule (%s) or of the ingest (%s)', (name, ofRule, ofIngest) => {
    const alarm = alarmNamed(name);
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
  });

  // Of a rule on the default bus, metrics have the rule's name alone.
  const [[bus] = []] = resourcesOf(template, 'AWS::Events::EventBus');
  const rule = [
    { Name: 'EventBusName', Value: { Ref: bus } },
    { Name: 'RuleName', Value: 'trade-room-dev-ingest' },
  ];

  it('names the rule as EventBridge does', () => {
    const [[, deployed] = []] = resourcesOf(template, 'AWS::Events::Rule');
    expect(deployed).toMatchObject({ Name: 'trade-room-dev-ingest', EventBusName: { Ref: bus } });
    expect(alarmNamed('events-held-back')).toMatchObject({ MetricName: 'ThrottledRules', Dimensions: rule });
  });

  it('tells when an event has waited for 30 seconds before its stream', () => {
    const alarm = alarmNamed('ingest-behind');
    expect(alarm).toMatchObject({ Threshold: 30_000, DatapointsToAlarm: 3 });
    expect(watchedBy(alarm)).toMatchObject([{ Metric: { MetricName: 'AsyncEventAge' }, Stat: 'Maximum' }]);
  });

  it('tells when the account runs more than 70 % of the functions that it may, all its applications together', () => {
    const alarm = alarmNamed('concurrency-near-quota');
    expect(alarm).toMatchObject({ Threshold: 70, ComparisonOperator: 'GreaterThanThreshold' });
    expect(JSON.stringify(alarm.Metrics)).toContain('100 * claimed / SERVICE_QUOTA(running)');
    expect(metricsOf(alarm)).toEqual([
      { Namespace: 'AWS/Lambda', MetricName: 'ClaimedAccountConcurrency' },
      { Namespace: 'AWS/Lambda', MetricName: 'ConcurrentExecutions' },
    ]);
  });

  it('tells when Lambda stops a chain, of every function that queues, rules or functions invoke', () => {
    const alarm = alarmNamed('recursion-stopped');
    expect(alarm).toMatchObject({ Threshold: 0, EvaluationPeriods: 1 });
    expect(new Set(metricsOf(alarm).map(({ MetricName }) => MetricName))).toEqual(
      new Set(['RecursiveInvocationsDropped']),
    );
    const watched = JSON.stringify(metricsOf(alarm));
    for (const name of ['authDeadline', 'ingest', 'broadcast', 'broadcastWorker']) {
      expect(watched).toContain(`Functions${name}Function`);
    }
  });

  it('tells when the canary has not come through for three minutes, whatever kept it from that', () => {
    const alarm = alarmNamed('canary-silent');
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
    '%s-not-polled tells when Lambda has not reported for five minutes that it polls the queue',
    (name, queue) => {
      const mapping = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').find(([, properties]) =>
        JSON.stringify(resolve(template, properties)).includes(`"arn:trade-room-dev-${queue}"`),
      );
      expect(mapping?.[1]['MetricsConfig']).toEqual({ Metrics: ['EventCount'] });
      const alarm = alarmNamed(`${name}-not-polled`);
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
    'watches the %s of every function, but of the one that only answers with a constant, and of the canary',
    (metricName) => {
      const name = `trade-room-dev-function-${metricName.toLowerCase()}`;
      const watched = alarms.filter(({ AlarmName }) => AlarmName === name).flatMap(metricsOf);
      expect(new Set(watched.map((metric) => metric.MetricName))).toEqual(new Set([metricName]));
      const named = watched.flatMap(({ Dimensions: dimensions = [] }) =>
        dimensions.map(({ Value }) => Value),
      );
      const all = resourcesOf(template, 'AWS::Lambda::Function');
      const missing = all.filter(
        ([id]) => !named.some((value) => JSON.stringify(value) === `{"Ref":"${id}"}`),
      );
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
    '%s begins with the first letter',
    (name) => {
      const alarm = alarms.find(({ AlarmName }) => AlarmName === `trade-room-dev-${name}`);
      expect(alarm).toMatchObject({ Threshold: 0, EvaluationPeriods: 1 });
      expect(watchedBy(alarm)).toMatchObject([
        { Metric: { MetricName: 'ApproximateNumberOfMessagesVisible' }, Stat: 'Maximum', Period: 60 },
      ]);
    },
  );

  it('goes to alarmEmail when it begins and when it is over', () => {
    const [[topic] = []] = resourcesOf(withEmail, 'AWS::SNS::Topic');
    const [[, subscription] = []] = resourcesOf(withEmail, 'AWS::SNS::Subscription');
    expect(subscription).toMatchObject({ Protocol: 'email', Endpoint: 'ops@example.com' });
    for (const { AlarmActions: begins, OKActions: ends } of alarmsOf(withEmail)) {
      expect([begins, ends]).toEqual([[{ Ref: topic }], [{ Ref: topic }]]);
    }
  });

  it('may publish to the topic, over TLS only', () => {
    const [[, policy] = []] = resourcesOf(withEmail, 'AWS::SNS::TopicPolicy');
    const { Statement: statements = [] } = (policy?.['PolicyDocument'] ?? {}) as { Statement?: unknown[] };
    expect(statements).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    );
    expect(statements).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    );
  });

  it('goes to alarmTopicArn as well, where one is given, whether or not there is an alarmEmail', () => {
    const alarmTopicArn = 'arn:aws:sns:eu-west-1:123456789012:pager';
    for (const settings of [{ alarmTopicArn }, { alarmTopicArn, alarmEmail: 'ops@example.com' }]) {
      const given = templateOf({ ...JWKS, ...settings });
      const own = resourcesOf(given, 'AWS::SNS::Topic').map(([topic]) => ({ Ref: topic }));
      expect(own).toHaveLength('alarmEmail' in settings ? 1 : 0);
      for (const { AlarmActions: begins, OKActions: ends } of alarmsOf(given)) {
        expect([begins, ends]).toEqual([
          [...own, alarmTopicArn],
          [...own, alarmTopicArn],
        ]);
      }
    }
  });

  it('shows in CloudWatch alone when there is neither alarmEmail nor alarmTopicArn', () => {
    expect(resourcesOf(template, 'AWS::SNS::Topic')).toEqual([]);
    expect(alarms.flatMap(({ AlarmActions: actions = [] }) => actions)).toEqual([]);
  });
});

describe('the use of the posts of the account', () => {
  const expressionOf = (of: typeof template) => {
    const alarm = alarmsOf(of).find(({ AlarmName: name }) => name === 'trade-room-dev-posts-near-quota');
    const metrics = alarm?.Metrics as { Expression?: string; MetricStat?: { Stat: string } }[] | undefined;
    return { metrics, expression: metrics?.flatMap(({ Expression }) => Expression ?? []) };
  };

  it('is counted, not estimated: what broadcasts ask of API Gateway', () => {
    const { metrics, expression } = expressionOf(template);
    expect(expression).toEqual(['100 * posts / PERIOD(posts) / 10000']);
    const stats = metrics?.flatMap(({ MetricStat }) => MetricStat ?? []);
    expect(stats).toMatchObject([{ Metric: { MetricName: 'Posts' }, Stat: 'Sum', Period: 60 }]);
  });

  it('is measured by the quota that the account has', () => {
    const raised = templateOf({ ...JWKS, postQuota: 25_000 });
    expect(expressionOf(raised).expression).toEqual(['100 * posts / PERIOD(posts) / 25000']);
    const shown = JSON.stringify(resourcesOf(raised, 'AWS::CloudWatch::Dashboard'));
    expect(shown).toContain('% of 25,000 posts a second');
  });
});

describe('the dashboard', () => {
  it.each([
    ...['ConnectCount', 'MessageCount', 'IntegrationError', 'ExecutionError', 'ClientError'],
    ...Object.keys(metrics),
    ...['ApproximateNumberOfMessagesVisible', 'ApproximateAgeOfOldestMessage'],
    ...['ReadThrottleEvents', 'WriteThrottleEvents'],
    ...['AsyncEventAge', 'FailedInvocations', 'PolledEventCount', 'ClaimedAccountConcurrency'],
    ...['Errors', 'Throttles', 'Duration', 'Invocations'],
  ])('shows %s', (metricName) => {
    expect(dashboard).toContain(`\\"${metricName}\\"`);
  });

  it('shows the lag as p50 and p99, and the use of the account’s posts in percent', () => {
    expect(dashboard).toMatch(/\\"stat\\":\\"p50\\"/);
    expect(dashboard).toMatch(/\\"stat\\":\\"p99\\"/);
    expect(dashboard).toContain('% of 10,000 posts a second');
  });

  it('shows how fast one broadcast posts, as p50 and as the most', () => {
    const stats = dashboard.matchAll(/\\"MembersPerSecond\\",\\"service\\",[^\]]*?\\"stat\\":\\"(\w+)\\"/g);
    expect([...stats].map(([, stat]) => stat)).toEqual(['p50', 'Maximum']);
  });

  it('counts what comes in by the ingest, and broadcasts, also those that were posted to nobody', () => {
    const shown = resourcesOf(template, 'AWS::Lambda::Function').find(([, { FunctionName: name }]) =>
      String(name).endsWith('-ingest'),
    );
    expect(dashboard).toMatch(new RegExp(`Invocations[^\\]]*${shown?.[0]}`));
    expect(dashboard).toMatch(/\\"Posts\\",\\"service\\",[^\]]*?\\"stat\\":\\"SampleCount\\"/);
    expect(dashboard).not.toMatch(/\\"PublishToDelivery\\"[^\]]*?\\"stat\\":\\"SampleCount\\"/);
  });

  it('is linked in the outputs, in the console of the region', () => {
    const { Value: url } = template.Outputs['DashboardUrl'] ?? {};
    expect(JSON.stringify(url)).toContain('#dashboards/dashboard/trade-room-dev');
    expect(stackOf(JWKS).stack.realtime.operations.dashboard.dashboardUrl).toMatch(/^https:\/\//);
  });
});

it('the errors in the log of every function are counted', () => {
  const filters = resourcesOf(template, 'AWS::Logs::MetricFilter');
  expect(filters).toHaveLength(Object.keys(functions).length);
  for (const [, filter] of filters) {
    expect(filter['FilterPattern']).toBe('{ $.level = "ERROR" }');
    expect(filter['MetricTransformations']).toEqual([
      expect.objectContaining({
        MetricNamespace: METRICS_NAMESPACE,
        MetricName: 'LoggedErrors',
        Dimensions: [{ Key: 'service', Value: '$.service' }],
      }),
    ]);
  }
  expect(new Set(filters.map(([, { LogGroupName: name }]) => JSON.stringify(name))).size).toBe(
    filters.length,
  );
});
