import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmDescription } from './alarm-description.ts';
import { type RealtimeMetrics, sumOf } from './realtime-metrics.ts';

/** From the bus to the stream of the room, and out of the room's log. */
export function eventAlarms({
  ofRule,
  asynchronous,
  own,
}: RealtimeMetrics): Record<string, AlarmDescription> {
  const once = { threshold: 0, minutes: 1, of: 1 };
  const lasting = { minutes: 3, of: 5 };
  return {
    'events-lost': {
      ...once,
      metric: sumOf('lost', [
        ofRule('InvocationsFailedToBeSentToDlq'),
        asynchronous('ingest', 'DestinationDeliveryFailures'),
      ]),
      text: 'An event is gone: it reached neither its room nor the dead letters. Put the policy of the queue event-dead-letters or the role of the ingest right, then have the service publish again.',
      section: 'Events lost',
    },
    'events-not-sent': {
      ...once,
      metric: own('EventsNotSent'),
      text: 'A room went on without events: they failed for good, or waited until they expired. Clients see the gap. Find them in the log of the broadcast function and in the queue event-dead-letters.',
      section: 'Events not sent',
    },
    'events-given-up': {
      ...once,
      metric: sumOf('given up', [ofRule('FailedInvocations'), asynchronous('ingest', 'AsyncEventsDropped')]),
      text: 'EventBridge or Lambda stopped retrying an event that the ingest had not processed. Look for it in the queue event-dead-letters, and find out why in the log of the ingest.',
      section: 'Events given up',
    },
    'events-held-back': {
      ...lasting,
      metric: ofRule('ThrottledRules'),
      threshold: 0,
      text: 'EventBridge delays events: the quota of rule invocations of the account is used up. Find the other rules (metric Invocations by RuleName) and request a higher quota.',
      section: 'Events held back',
    },
    'ingest-behind': {
      ...lasting,
      metric: asynchronous('ingest', 'AsyncEventAge', Stats.MAXIMUM),
      threshold: 30_000,
      text: 'Events wait for more than 30 seconds before the ingest takes them. Look at function throttles and at the errors of the ingest.',
      section: 'Ingest behind',
    },
  };
}

/** Fires when the canary reports no success, even because it does not run. */
export function canaryAlarm({ own }: RealtimeMetrics): Record<string, AlarmDescription> {
  return {
    'canary-silent': {
      metric: own('CanaryMs', Stats.SAMPLE_COUNT),
      threshold: 1,
      below: true,
      silence: 'trouble',
      minutes: 3,
      of: 3,
      text: 'No canary run has passed for three minutes; clients may be affected too. Its log says in which step it fails; if the log is empty, it does not run.',
      section: 'Canary silent',
    },
  };
}
