import { Duration } from 'aws-cdk-lib';
import { MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { FunctionName } from '../config/functions.ts';
import { routes } from '../config/triggers.ts';
import type { AlarmDescription } from './alarm-description.ts';
import { canaryAlarm, eventAlarms } from './event-alarms.ts';
import { queueAlarms } from './queue-alarms.ts';
import { type RealtimeMetrics, sumOf } from './realtime-metrics.ts';

/** Every alarm by its name. Thresholds are where a person can do something, not where something is unusual. */
export function alarmDescriptions(
  metrics: RealtimeMetrics,
  { watchesCanary }: { watchesCanary: boolean },
): Record<string, AlarmDescription> {
  return {
    ...(watchesCanary && canaryAlarm(metrics)),
    ...eventAlarms(metrics),
    ...queueAlarms(metrics),
    ...deliveryAlarms(metrics),
    ...functionAlarms(metrics),
  };
}

function deliveryAlarms({ own, postQuotaUse }: RealtimeMetrics): Record<string, AlarmDescription> {
  const lasting = { minutes: 3, of: 5 };
  return {
    'deliveries-failing': {
      ...lasting,
      metric: failingShare(own),
      threshold: 1,
      text: 'More than 1 % of the members of broadcasts do not get their frame. Look at posts throttled first, then at the log of the broadcast function.',
      section: 'Deliveries failing',
    },
    'broadcasts-incomplete': {
      ...lasting,
      metric: own('Incomplete'),
      threshold: 0,
      minutes: 1,
      of: 1,
      text: 'A broadcast was cut short: some of the room got the event, some did not. Find out why in the log of the broadcast function.',
      section: 'Broadcasts incomplete',
    },
    'delivery-slow': {
      ...lasting,
      metric: own('PublishToDelivery', Stats.percentile(99)),
      threshold: 5_000,
      text: 'Events take more than 5 seconds to reach the last member of their room. Compare with posts against the quota and with the duration of the broadcast function.',
      section: 'Delivery slow',
    },
    'posts-near-quota': {
      ...lasting,
      metric: postQuotaUse,
      threshold: 70,
      text: 'Broadcasts use more than 70 % of what the account may post a second, by the setting postQuota. Ask for a higher quota now: it takes days.',
      section: 'Posts near quota',
    },
    'posts-throttled': {
      ...lasting,
      metric: own('Throttled'),
      threshold: 100,
      text: 'API Gateway refuses posts with 429. The quota of the account is used up, or a client reads too slowly.',
      section: 'Posts throttled',
    },
  };
}

/** Percent of the members that should have got a frame and did not. */
function failingShare(own: RealtimeMetrics['own']): MathExpression {
  return new MathExpression({
    expression: 'IF(failed + out > 0, 100 * (failed + out) / (delivered + failed + out), 0)',
    usingMetrics: { failed: own('Failed'), out: own('ThrottledOut'), delivered: own('Delivered') },
    label: '% not delivered',
    period: Duration.minutes(1),
  });
}

/**
 * An alarm takes ten metrics, and there are more functions. `default` returns a constant. If it cannot run, API Gateway
 * counts an integration error (`connections-refused`). A canary run that fails writes no metric (`canary-silent`).
 */
const NOT_WATCHED: readonly FunctionName[] = ['default', 'canary'];

/** Each invocation by a client begins a chain, so these functions cannot be stopped as a loop. */
const CALLED_BY_CLIENTS: readonly FunctionName[] = Object.values(routes).map((route) => route.function);

function functionAlarms(metrics: RealtimeMetrics): Record<string, AlarmDescription> {
  const { own, gateway, invocations, ofFunctions, tableThrottles, concurrencyUse } = metrics;
  const lasting = { minutes: 3, of: 5 };
  return {
    'function-errors': {
      ...lasting,
      metric: sumOf('errors', ofFunctions('Errors', Stats.SUM, NOT_WATCHED)),
      threshold: 0,
      text: 'Functions keep crashing, timing out or not starting. Find the message in their logs; roll back if it began with a deploy.',
      section: 'Function errors',
    },
    'errors-logged': {
      ...lasting,
      metric: own('LoggedErrors'),
      threshold: 0,
      text: 'Functions keep answering with the error internal, or cannot finish their work. Find the message in their logs.',
      section: 'Errors logged',
    },
    'function-throttles': {
      ...lasting,
      metric: sumOf('throttles', ofFunctions('Throttles', Stats.SUM, NOT_WATCHED)),
      threshold: 0,
      text: 'Lambda refuses to run functions: the concurrency of the account is used up. Find the functions that use it, and request a higher quota.',
      section: 'Function throttles',
    },
    'concurrency-near-quota': {
      ...lasting,
      metric: concurrencyUse,
      threshold: 70,
      text: 'More than 70 % of the concurrency of the account is in use or reserved. Find the functions that use it and request a higher quota now: at 100 %, clients and events are refused.',
      section: 'Concurrency near quota',
    },
    'recursion-stopped': {
      minutes: 1,
      of: 1,
      metric: sumOf('stopped', ofFunctions('RecursiveInvocationsDropped', Stats.SUM, CALLED_BY_CLIENTS)),
      threshold: 0,
      text: 'Lambda has stopped a chain of invocations as an endless loop; its messages wait, then become dead letters. For broadcast, allow recursion again; for any other function, roll back.',
      section: 'Recursion stopped',
    },
    'connections-refused': {
      ...lasting,
      metric: sumOf('errors', [gateway('IntegrationError'), gateway('ExecutionError')]),
      threshold: 5,
      text: 'API Gateway gets errors from the functions, so clients cannot connect or get no answer. Read the logs of the functions.',
      section: 'Connections refused',
    },
    'tokens-refused': {
      ...lasting,
      metric: new MathExpression({
        expression: 'IF(refused > 20, 100 * refused / attempts, 0)',
        usingMetrics: { refused: own('TokensRefused'), attempts: invocations('auth', 'auth') },
        label: '% of tokens refused',
        period: Duration.minutes(1),
      }),
      threshold: 50,
      text: 'Most tokens are refused: nobody gets in. Has the issuer, its audience or its key changed?',
      section: 'Tokens refused',
    },
    'table-throttles': {
      ...lasting,
      metric: sumOf('throttles', tableThrottles),
      threshold: 0,
      text: 'DynamoDB refuses reads or writes: joins and broadcasts are late. Find out whether one room or the whole table is hot.',
      section: 'Table throttles',
    },
  };
}
