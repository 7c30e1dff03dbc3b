import { expect, it } from 'vitest';
import { functions } from '../../lib/config/functions.ts';
import { METRICS_NAMESPACE, metrics } from '../../lib/config/metrics.ts';
import { EVERY_OPTION, JWKS, resourcesOf, templateOf } from './synthesize.ts';

const template = templateOf(JWKS);
const dashboard = JSON.stringify(resourcesOf(template, 'AWS::CloudWatch::Dashboard'));

it.each([
  ...['ConnectCount', 'MessageCount', 'IntegrationError', 'ExecutionError', 'ClientError'],
  ...Object.keys(metrics),
  ...['ApproximateNumberOfMessagesVisible', 'ApproximateAgeOfOldestMessage'],
  ...['ReadThrottleEvents', 'WriteThrottleEvents'],
  ...['AsyncEventAge', 'FailedInvocations', 'PolledEventCount', 'ClaimedAccountConcurrency'],
  ...['Errors', 'Throttles', 'Duration', 'Invocations'],
])('the dashboard shows %s', (metricName) => {
  expect(dashboard).toContain(`\\"${metricName}\\"`);
});

it('the dashboard shows the lag as p50 and p99, and the use of the account’s posts in percent', () => {
  expect(dashboard).toMatch(/\\"stat\\":\\"p50\\"/);
  expect(dashboard).toMatch(/\\"stat\\":\\"p99\\"/);
  expect(dashboard).toContain('% of 10,000 posts a second');
  const raised = JSON.stringify(resourcesOf(templateOf(EVERY_OPTION), 'AWS::CloudWatch::Dashboard'));
  expect(raised).toContain('% of 25,000 posts a second');
});

it('the dashboard shows how fast one broadcast posts, as p50 and as the most', () => {
  const stats = dashboard.matchAll(/\\"MembersPerSecond\\",\\"service\\",[^\]]*?\\"stat\\":\\"(\w+)\\"/g);
  expect([...stats].map(([, stat]) => stat)).toEqual(['p50', 'Maximum']);
});

it('the dashboard counts events by the ingest, and broadcasts even if they reached nobody', () => {
  const shown = resourcesOf(template, 'AWS::Lambda::Function').find(([, { FunctionName: name }]) =>
    String(name).endsWith('-ingest'),
  );
  expect(dashboard).toMatch(new RegExp(`Invocations[^\\]]*${shown?.[0]}`));
  expect(dashboard).toMatch(/\\"Posts\\",\\"service\\",[^\]]*?\\"stat\\":\\"SampleCount\\"/);
  expect(dashboard).not.toMatch(/\\"PublishToDelivery\\"[^\]]*?\\"stat\\":\\"SampleCount\\"/);
});

it('the outputs link the dashboard in the console of the region', () => {
  const { Value: url } = template.Outputs['DashboardUrl'] ?? {};
  expect(JSON.stringify(url)).toContain('#dashboards/dashboard/trade-room-dev');
});
it('the metric LoggedErrors counts the error lines of every function', () => {
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
