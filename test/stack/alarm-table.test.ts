import { expect, it } from 'vitest';
import { stage } from '../../bin/docs/costs.ts';
import { METRICS_NAMESPACE, metrics } from '../../lib/config/metrics.ts';
import { alarms as alarmTable } from '../../lib/stack/alarms.ts';
import { readDocument } from '../support/markdown.ts';
import { alarmsOf, metricsOf } from './alarm-properties.ts';
import { EVERY_OPTION, JWKS, resourcesOf, SHORT_LIVED, templateOf } from './synthesize.ts';

const template = templateOf(JWKS);
const withOptions = templateOf(EVERY_OPTION);
const alarms = alarmsOf(template);
const headings = [...readDocument('docs/operations/runbook.md').matchAll(/^### (.*)$/gm)].map(
  ([, heading]) => heading,
);

const alarmsOn = (metricName: string) =>
  alarms
    .filter((alarm) => metricsOf(alarm).some(({ MetricName }) => MetricName === metricName))
    .map(({ AlarmName: name }) => name.replace('trade-room-dev-', ''));
it.each(alarms.map(({ AlarmName: name, ...alarm }) => [name, alarm] as const))(
  'the alarm %s says what to do, and names its section in docs/operations/runbook.md',
  (_, { AlarmDescription: description }) => {
    const [, text = '', section] = description.match(/^(.*) docs\/operations\/runbook\.md: (.*)$/) ?? [];
    expect(headings).toContain(section);
    // A problem, then what to do about it.
    expect(text.match(/[.?:](?= |$)/g)?.length).toBeGreaterThanOrEqual(2);
  },
);

it('every alarm has a section of the runbook, and every section is of an alarm', () => {
  const document = readDocument('docs/operations/runbook.md');
  const runbook = document.slice(document.indexOf('\n## Alarms'), document.indexOf('\n## Dead letters'));
  const sections = [...runbook.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
  const named = alarms.map(
    ({ AlarmDescription: description }) => description.split('docs/operations/runbook.md: ')[1],
  );
  expect(sections.sort()).toEqual([...new Set(named)].sort());
});

it('the template has the alarms of the table, without that on the canary if none runs', () => {
  const namesIn = (of: typeof template) =>
    alarmsOf(of).map(({ AlarmName: name }) => name.replace('trade-room-dev-', ''));
  const names = Object.keys(alarmTable);
  expect(namesIn(template).sort()).toEqual(names.sort());
  const withoutCanary = namesIn(templateOf(SHORT_LIVED));
  expect(names.filter((name) => !withoutCanary.includes(name))).toEqual(['canary-silent']);
});

it('the page of costs counts the alarms and metrics that the template has', () => {
  expect(stage).toEqual({
    alarms: alarms.length,
    watchedMetrics: alarms.flatMap(metricsOf).length,
    ownMetrics: Object.keys(metrics).length,
  });
});

it('every alarm watches metrics of its own stage only', () => {
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

it('no alarm has more metrics than the ten that CloudWatch allows', () => {
  for (const alarm of alarms) expect(metricsOf(alarm).length).toBeLessThanOrEqual(10);
});

it('missing data fires only the alarms on the canary and on polls, and leaves those on dead letters as they are', () => {
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

it('every alarm goes to alarmEmail and alarmTopicArn, when it begins and when it ends', () => {
  const [[topic] = []] = resourcesOf(withOptions, 'AWS::SNS::Topic');
  const [[, subscription] = []] = resourcesOf(withOptions, 'AWS::SNS::Subscription');
  expect(subscription).toMatchObject({ Protocol: 'email', Endpoint: EVERY_OPTION.alarmEmail });
  const both = [{ Ref: topic }, EVERY_OPTION.alarmTopicArn];
  for (const { AlarmActions: begins, OKActions: ends } of alarmsOf(withOptions)) {
    expect([begins, ends]).toEqual([both, both]);
  }
});

it('only CloudWatch of this account may publish to the topic of the alarms, and only over TLS', () => {
  const [[, policy] = []] = resourcesOf(withOptions, 'AWS::SNS::TopicPolicy');
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

it('an alarm shows in CloudWatch only if there is neither alarmEmail nor alarmTopicArn', () => {
  expect(resourcesOf(template, 'AWS::SNS::Topic')).toEqual([]);
  expect(alarms.flatMap(({ AlarmActions: actions = [] }) => actions)).toEqual([]);
});
