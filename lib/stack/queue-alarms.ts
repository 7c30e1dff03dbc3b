import type { AlarmDescription } from './alarm-description.ts';
import type { RealtimeMetrics } from './realtime-metrics.ts';

/** Alarms on messages that wait in queues, and on queues that Lambda does not poll. */
export function queueAlarms(metrics: RealtimeMetrics): Record<string, AlarmDescription> {
  const { waiting, oldestAge } = metrics;
  // SQS stops reporting on a queue that nobody has used for six hours, even if messages are in it.
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
  const once = { threshold: 0, minutes: 1, of: 1, silence: 'unchanged' } as const;
  return {
    'event-dead-letters': {
      ...once,
      metric: waiting('event-dead-letters'),
      text: 'Events have not reached their room. Read them: a bad event is for the service that sent it, a failed one may be published again.',
      section: 'Event dead letters',
    },
    'room-events-dead-letters': {
      ...once,
      metric: waiting('room-events-dead-letters.fifo'),
      text: 'A room could not take its events ten times. Find out why in the log of the broadcast function, then purge the queue: never redrive it.',
      section: 'Room events dead letters',
    },
    'auth-deadline-dead-letters': {
      ...once,
      metric: waiting('auth-deadline-dead-letters'),
      text: 'Connections that never authenticated could not be closed. Read the log of the authDeadline function, then purge the queue.',
      section: 'Auth deadline dead letters',
    },
    'room-events-behind': {
      metric: oldestAge('room-events.fifo'),
      threshold: 60,
      // One function that died holds up its rooms for less.
      minutes: 3,
      of: 5,
      text: 'Events wait for more than a minute before their room gets them. Look at function throttles and table throttles first, then at the log of the broadcast function.',
      section: 'Room events behind',
    },
    ...notPolled(metrics),
  };
}

function notPolled({ polls }: RealtimeMetrics): Record<string, AlarmDescription> {
  const entries = [...polls].map(([name, metric]): [string, AlarmDescription] => [
    `${name.replace(/\.fifo$/, '')}-not-polled`,
    {
      metric,
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
