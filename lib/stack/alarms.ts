import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { FunctionName } from '../config/functions.ts';
import { type QueueDescription, type QueueName, queues } from '../config/queues.ts';
import { routes } from '../config/triggers.ts';
import { type RealtimeMetrics, sumOf } from './realtime-metrics.ts';

export interface AlarmDescription {
  /** What is watched, by the minute. */
  metric: (metrics: RealtimeMetrics) => IMetric;
  /** The same in words, with its unit: the column of the documents. */
  measures: string;
  /** The alarm begins above it, or below it if `below` is set… */
  threshold: number;
  below?: true;
  /** …in this number of minutes… */
  minutes: number;
  /** …of the last ones. */
  of: number;
  /**
   * What CloudWatch does with a minute without data. `fine`, the default: `notBreaching`. `trouble`: `breaching`, for a
   * metric that must report each minute. `unchanged`: `ignore`, for a metric that may stop while the trouble lasts.
   */
  silence?: 'fine' | 'trouble' | 'unchanged';
  /** What it means and what to do, in two sentences. */
  text: string;
  /** Its heading in docs/operations/runbook.md. */
  section: string;
  /** Whether the alarm exists only in a stage with a canary. */
  ofCanary?: true;
}

const once = { threshold: 0, minutes: 1, of: 1 } as const;
const lasting = { minutes: 3, of: 5 } as const;

/**
 * SQS stops reporting on a queue that nobody has used for six hours, even if messages are in it.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
 */
const onDeadLetters = { ...once, silence: 'unchanged', measures: 'messages in the queue' } as const;

/**
 * An alarm takes ten metrics, and there are more functions. `default` returns a constant. If it cannot run, API Gateway
 * counts an integration error (`connections-refused`). A canary run that fails writes no metric (`canary-silent`).
 */
const NOT_WATCHED: readonly FunctionName[] = ['default', 'canary'];

/** Each invocation by a client begins a chain, so these functions cannot be stopped as a loop. */
const CALLED_BY_CLIENTS: readonly FunctionName[] = Object.values(routes).map((route) => route.function);

/**
 * Every alarm by its name, in the order of the runbook. Thresholds are where a person can do something, not where
 * something is unusual. A new alarm is one entry here and its section in docs/operations/runbook.md.
 */
export const alarms: Record<string, AlarmDescription> = {
  'canary-silent': {
    metric: ({ own }) => own('CanaryMs', Stats.SAMPLE_COUNT),
    measures: 'runs of the canary that passed',
    threshold: 1,
    below: true,
    silence: 'trouble',
    minutes: 3,
    of: 3,
    text: 'No canary run has passed for three minutes; clients may be affected too. Its log says in which step it fails; if the log is empty, it does not run.',
    section: 'Canary silent',
    ofCanary: true,
  },
  'events-lost': {
    ...once,
    metric: ({ ofRule, asynchronous }) =>
      sumOf('lost', [
        ofRule('InvocationsFailedToBeSentToDlq'),
        asynchronous('ingest', 'DestinationDeliveryFailures'),
      ]),
    measures: 'events that reached neither a room nor the dead letters',
    text: 'An event is lost: it reached neither its room nor the dead letters. Correct the policy of the queue event-dead-letters or the role of the ingest, then let the service publish the event again.',
    section: 'Events lost',
  },
  'events-not-sent': {
    ...once,
    metric: ({ own }) => own('EventsNotSent'),
    measures: 'events that a room will never be sent',
    text: 'A room continued without some events: they failed permanently, or waited until they expired. Clients see the gap. Find the events in the log of the broadcast function and in the queue event-dead-letters.',
    section: 'Events not sent',
  },
  'events-given-up': {
    ...once,
    metric: ({ ofRule, asynchronous }) =>
      sumOf('given up', [ofRule('FailedInvocations'), asynchronous('ingest', 'AsyncEventsDropped')]),
    measures: 'events that EventBridge or Lambda gave up',
    text: 'EventBridge or Lambda stopped retrying an event that the ingest had not processed. Look for it in the queue event-dead-letters, and find out why in the log of the ingest.',
    section: 'Events given up',
  },
  'events-held-back': {
    ...lasting,
    metric: ({ ofRule }) => ofRule('ThrottledRules'),
    measures: 'invocations of the rule that EventBridge delayed',
    threshold: 0,
    text: 'EventBridge delays events: the quota of rule invocations of the account is used up. Find the other rules (metric Invocations by RuleName) and request a higher quota.',
    section: 'Events held back',
  },
  'ingest-behind': {
    ...lasting,
    metric: ({ asynchronous }) => asynchronous('ingest', 'AsyncEventAge', Stats.MAXIMUM),
    measures: 'age of the oldest event before the ingest, ms',
    threshold: 30_000,
    text: 'Events wait for more than 30 seconds before the ingest takes them. Look at function throttles and at the errors of the ingest.',
    section: 'Ingest behind',
  },
  'event-dead-letters': {
    ...onDeadLetters,
    metric: ({ waiting }) => waiting('event-dead-letters'),
    text: 'Events have not reached their room. Read them: the service that sent a bad event must correct it, and an event that failed may be published again.',
    section: 'Event dead letters',
  },
  'room-events-dead-letters': {
    ...onDeadLetters,
    metric: ({ waiting }) => waiting('room-events-dead-letters.fifo'),
    text: 'Ten attempts to process the events of a room have failed. Find out why in the log of the broadcast function, then purge the queue: never redrive it.',
    section: 'Room events dead letters',
  },
  'auth-deadline-dead-letters': {
    ...onDeadLetters,
    metric: ({ waiting }) => waiting('auth-deadline-dead-letters'),
    text: 'Connections that never authenticated could not be closed. Read the log of the authDeadline function, then purge the queue.',
    section: 'Auth deadline dead letters',
  },
  'room-events-behind': {
    // One function that crashed holds up its rooms for less than three minutes.
    ...lasting,
    metric: ({ oldestAge }) => oldestAge('room-events.fifo'),
    measures: 'age of the oldest message in the queue, s',
    threshold: 60,
    text: 'Events wait for more than a minute before their room gets them. Look at function throttles and table throttles first, then at the log of the broadcast function.',
    section: 'Room events behind',
  },
  ...notPolled(),
  'deliveries-failing': {
    ...lasting,
    metric: failingShare,
    measures: 'members without their frame, %',
    threshold: 1,
    text: 'More than 1 % of the members of broadcasts do not get their frame. Look at posts throttled first, then at the log of the broadcast function.',
    section: 'Deliveries failing',
  },
  'broadcasts-incomplete': {
    ...once,
    metric: ({ own }) => own('Incomplete'),
    measures: 'broadcasts that ended before they reached the whole room',
    text: 'A broadcast ended early: some members of the room got the event, others did not. Find out why in the log of the broadcast function.',
    section: 'Broadcasts incomplete',
  },
  'delivery-slow': {
    ...lasting,
    metric: ({ own }) => own('PublishToDelivery', Stats.percentile(99)),
    measures: 'publish to delivery, p99, ms',
    threshold: 5_000,
    text: 'Events take more than 5 seconds to reach the last member of their room. Compare with posts against the quota and with the duration of the broadcast function.',
    section: 'Delivery slow',
  },
  'posts-near-quota': {
    ...lasting,
    metric: ({ postQuotaUse }) => postQuotaUse,
    measures: 'part of `postQuota` in use, %',
    threshold: 70,
    text: 'Broadcasts use more than 70 % of the posts a second that the account may make, by the setting postQuota. Request a higher quota now: it takes days.',
    section: 'Posts near quota',
  },
  'posts-throttled': {
    ...lasting,
    metric: ({ own }) => own('Throttled'),
    measures: 'posts answered with 429',
    threshold: 100,
    text: 'API Gateway refuses posts with 429. The quota of the account is used up, or a client reads too slowly.',
    section: 'Posts throttled',
  },
  'function-errors': {
    ...lasting,
    metric: ({ ofFunctions }) => sumOf('errors', ofFunctions('Errors', Stats.SUM, NOT_WATCHED)),
    measures: 'invocations that failed',
    threshold: 0,
    text: 'Functions keep crashing, timing out or not starting. Find the message in their logs; roll back if it began with a deploy.',
    section: 'Function errors',
  },
  'errors-logged': {
    ...lasting,
    metric: ({ own }) => own('LoggedErrors'),
    measures: 'lines with the level ERROR',
    threshold: 0,
    text: 'Functions keep answering with the error internal, or cannot finish their work. Find the message in their logs.',
    section: 'Errors logged',
  },
  'function-throttles': {
    ...lasting,
    metric: ({ ofFunctions }) => sumOf('throttles', ofFunctions('Throttles', Stats.SUM, NOT_WATCHED)),
    measures: 'invocations that Lambda refused',
    threshold: 0,
    text: 'Lambda refuses to run functions: the concurrency of the account is used up. Find the functions that use it, and request a higher quota.',
    section: 'Function throttles',
  },
  'concurrency-near-quota': {
    ...lasting,
    metric: ({ concurrencyUse }) => concurrencyUse,
    measures: 'part of the concurrency of the account in use, %',
    threshold: 70,
    text: 'More than 70 % of the concurrency of the account is in use or reserved. Find the functions that use it and request a higher quota now: at 100 %, clients and events are refused.',
    section: 'Concurrency near quota',
  },
  'recursion-stopped': {
    ...once,
    metric: ({ ofFunctions }) =>
      sumOf('stopped', ofFunctions('RecursiveInvocationsDropped', Stats.SUM, CALLED_BY_CLIENTS)),
    measures: 'invocations that Lambda stopped as a loop',
    text: 'Lambda has stopped a chain of invocations as an endless loop; its messages wait, then become dead letters. For broadcast, allow recursion again; for any other function, roll back.',
    section: 'Recursion stopped',
  },
  'connections-refused': {
    ...lasting,
    metric: ({ gateway }) => sumOf('errors', [gateway('IntegrationError'), gateway('ExecutionError')]),
    measures: 'errors of functions that API Gateway got',
    threshold: 5,
    text: 'API Gateway gets errors from the functions, so clients cannot connect or get no answer. Read the logs of the functions.',
    section: 'Connections refused',
  },
  'tokens-refused': {
    ...lasting,
    metric: refusedShare,
    measures: 'tokens that are refused, %; 0 up to 20 refusals a minute',
    threshold: 50,
    text: 'Most tokens are refused, so most clients cannot authenticate. Check whether the issuer, its audience or its key has changed.',
    section: 'Tokens refused',
  },
  'table-throttles': {
    ...lasting,
    metric: ({ tableThrottles }) => sumOf('throttles', tableThrottles),
    measures: 'requests that DynamoDB refused',
    threshold: 0,
    text: 'DynamoDB refuses reads or writes: joins and broadcasts are late. Find out whether one room or the whole table is hot.',
    section: 'Table throttles',
  },
};

/** One alarm for each queue that Lambda polls. */
function notPolled(): Record<string, AlarmDescription> {
  const described = Object.entries<QueueDescription>(queues) as [QueueName, QueueDescription][];
  const polled = described.filter(([, { consumer }]) => consumer !== undefined);
  const entries = polled.map(([name]): [string, AlarmDescription] => [
    `${name.replace(/\.fifo$/, '')}-not-polled`,
    {
      metric: ({ pollsOf }) => pollsOf(name),
      measures: 'reports of Lambda that it polls the queue',
      threshold: 1,
      below: true,
      silence: 'trouble',
      minutes: 5,
      of: 5,
      text: `Lambda does not poll the queue ${name}: its messages wait. Enable the event source mapping, or give the function its permission back.`,
      section: 'Queue not polled',
    },
  ]);
  return Object.fromEntries(entries);
}

/** Percent of the members that should have got a frame and did not. */
function failingShare({ own }: RealtimeMetrics): MathExpression {
  return new MathExpression({
    expression: 'IF(failed + out > 0, 100 * (failed + out) / (delivered + failed + out), 0)',
    usingMetrics: { failed: own('Failed'), out: own('ThrottledOut'), delivered: own('Delivered') },
    label: '% not delivered',
    period: Duration.minutes(1),
  });
}

function refusedShare({ own, invocations }: RealtimeMetrics): MathExpression {
  return new MathExpression({
    expression: 'IF(refused > 20, 100 * refused / attempts, 0)',
    usingMetrics: { refused: own('TokensRefused'), attempts: invocations('auth', 'auth') },
    label: '% of tokens refused',
    period: Duration.minutes(1),
  });
}
