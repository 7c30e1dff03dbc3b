import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { FunctionName } from '../config/functions.ts';
import { METRICS_NAMESPACE, type MetricName, metrics } from '../config/metrics.ts';
import type { QueueName } from '../config/queues.ts';
import type { AlwaysDeployed, DeployedFunctions } from './realtime-functions.ts';

/** What is watched: one stage. */
export interface MetricSources {
  /** Dimension `service` of the metrics that the functions write. */
  serviceName: string;
  apiId: string;
  stageName: string;
  functions: DeployedFunctions;
  queues: Record<QueueName, IQueue>;
  /** Ids of the event source mappings, by the queue that they poll. */
  consumerIds: ReadonlyMap<QueueName, string>;
  eventBusName: string;
  ruleName: string;
  table: TableV2;
  /** Posts a second of the account. */
  postQuota: number;
}

function labelOf(name: MetricName): string {
  const { label = name }: { unit: string; label?: string } = metrics[name];
  return label;
}

export type RealtimeMetrics = ReturnType<typeof realtimeMetrics>;

const period = Duration.minutes(1);

/** Every metric that the dashboard shows and the alarms watch, by the minute. */
export function realtimeMetrics(sources: MetricSources) {
  const { serviceName, apiId, stageName, functions, queues, table, postQuota } = sources;
  const own = (metricName: MetricName, statistic: string = Stats.SUM, label: string = labelOf(metricName)) =>
    new Metric({
      namespace: METRICS_NAMESPACE,
      metricName,
      dimensionsMap: { service: serviceName },
      statistic,
      label,
      period,
    });
  const gateway = (metricName: string) =>
    new Metric({
      namespace: 'AWS/ApiGateway',
      metricName,
      dimensionsMap: { ApiId: apiId, Stage: stageName },
      statistic: Stats.SUM,
      period,
    });
  const ofRule = (metricName: 'FailedInvocations' | 'InvocationsFailedToBeSentToDlq' | 'ThrottledRules') =>
    new Metric({
      namespace: 'AWS/Events',
      metricName,
      dimensionsMap: { EventBusName: sources.eventBusName, RuleName: sources.ruleName },
      statistic: Stats.SUM,
      period,
    });
  const throttled = (metricName: string) =>
    new Metric({
      namespace: 'AWS/DynamoDB',
      metricName,
      dimensionsMap: { TableName: table.tableName },
      statistic: Stats.SUM,
      period,
    });
  return {
    own,
    gateway,
    /** One metric a function, labelled with its name. */
    ofFunctions: (
      metricName: 'Errors' | 'Throttles' | 'Invocations' | 'Duration' | 'RecursiveInvocationsDropped',
      statistic: string,
      except: readonly FunctionName[] = [],
    ) =>
      (Object.entries(functions) as [FunctionName, LambdaFunction][])
        .filter(([name]) => !except.includes(name))
        .map(([label, fn]) => fn.metric(metricName, { statistic, label, period })),
    invocations: (name: AlwaysDeployed, label: string) =>
      functions[name].metricInvocations({ label, period }),
    /** Of Lambda's own queue before a function that is invoked asynchronously; the age is in milliseconds. */
    asynchronous: (
      name: AlwaysDeployed,
      metricName: 'AsyncEventAge' | 'AsyncEventsDropped' | 'DestinationDeliveryFailures',
      statistic: string = Stats.SUM,
    ) => functions[name].metric(metricName, { statistic, label: metricName, period }),
    ofRule,
    polls: [...sources.consumerIds].map(([name, id]) => pollsOf(name, id)),
    pollsOf: (name: QueueName) => {
      const id = sources.consumerIds.get(name);
      if (id === undefined) throw new Error(`${name}: expected a queue that Lambda polls`);
      return pollsOf(name, id);
    },
    concurrencyUse: concurrencyUse(),
    waiting: (name: QueueName) =>
      queues[name].metricApproximateNumberOfMessagesVisible({
        statistic: Stats.MAXIMUM,
        label: name,
        period,
      }),
    /** In seconds. */
    oldestAge: (name: QueueName) =>
      queues[name].metricApproximateAgeOfOldestMessage({ statistic: Stats.MAXIMUM, label: name, period }),
    tableThrottles: [throttled('ReadThrottleEvents'), throttled('WriteThrottleEvents')] as const,
    postQuotaUse: postQuotaUse(own('Posts'), postQuota),
  };
}

/**
 * How often Lambda reported of its polling of a queue. It reports a 0 for a poll that finds nothing, and nothing at all
 * when the mapping is disabled. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
function pollsOf(queue: QueueName, eventSourceMappingId: string): Metric {
  return new Metric({
    namespace: 'AWS/Lambda',
    metricName: 'PolledEventCount',
    dimensionsMap: { EventSourceMappingUUID: eventSourceMappingId },
    statistic: Stats.SAMPLE_COUNT,
    label: queue,
    period,
  });
}

/**
 * Percent of the functions that the account may run at a time, of all its applications together. CloudWatch looks the
 * quota up itself. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-concurrency.html
 */
function concurrencyUse(): MathExpression {
  const ofAccount = (metricName: string) =>
    new Metric({ namespace: 'AWS/Lambda', metricName, statistic: Stats.MAXIMUM, period });
  return new MathExpression({
    expression: '100 * claimed / SERVICE_QUOTA(running)',
    usingMetrics: {
      claimed: ofAccount('ClaimedAccountConcurrency'),
      running: ofAccount('ConcurrentExecutions'),
    },
    label: '% of the concurrency of the account',
    period,
  });
}

/** The mean of a minute: a burst within it can be far higher. The frames that other functions post are not in it. */
function postQuotaUse(posts: Metric, postQuota: number): MathExpression {
  return new MathExpression({
    expression: `100 * posts / PERIOD(posts) / ${postQuota}`,
    usingMetrics: { posts },
    label: `% of ${postQuota.toLocaleString('en-US')} posts a second`,
    period,
  });
}

/** The sum of metrics as one; those that have nothing to say in a minute count as 0. An alarm takes ten at most. */
export function sumOf(label: string, metrics: readonly IMetric[]): MathExpression {
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  return new MathExpression({
    expression: `SUM([${Object.keys(usingMetrics).map((id) => `FILL(${id}, 0)`)}])`,
    usingMetrics,
    label,
    period,
  });
}
