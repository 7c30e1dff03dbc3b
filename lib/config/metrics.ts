/** CloudWatch namespace of the metrics that the functions write; the dimension `service` is `trade-room-<stage>`. */
export const METRICS_NAMESPACE = 'TradeRoom';

interface MetricDescription {
  unit: 'Count' | 'Milliseconds' | 'Count/Second';
  /** What one value counts or measures, in a sentence. */
  counts: string;
  /** The name in the legends of the dashboard, if it is another. */
  label?: string;
}

/**
 * Every metric that the functions write. From it derive the names and units that the functions may write, the legends of
 * the dashboard, and the table in the documents. CloudWatch itself counts `LoggedErrors`, from the logs.
 */
export const metrics = {
  Events: { unit: 'Count', label: 'sent', counts: 'Events that a broadcast sent to its room.' },
  Superseded: {
    unit: 'Count',
    label: 'superseded',
    counts: 'Events that a broadcast left out because a newer event of the same state replaced them.',
  },
  Delivered: { unit: 'Count', counts: 'Members that a broadcast delivered to.' },
  Gone: { unit: 'Count', counts: 'Members whose connection had ended. Their rows are deleted.' },
  Expired: { unit: 'Count', counts: 'Members whose token had expired. Their connections are closed.' },
  Failed: { unit: 'Count', counts: 'Members that could not be delivered to for another reason than 429.' },
  ThrottledOut: {
    unit: 'Count',
    label: 'throttled out',
    counts:
      'Members that got no frame because API Gateway kept answering 429. They see the gap by `prev` and recover.',
  },
  Throttled: {
    unit: 'Count',
    label: '429 answers',
    counts: 'Answers of API Gateway with 429, including those after which a retry succeeded.',
  },
  Posts: { unit: 'Count', counts: 'Requests of a broadcast to API Gateway, retries included.' },
  Incomplete: {
    unit: 'Count',
    label: 'broadcasts that ended early',
    counts: '1 for a broadcast that ended before it reached the whole room, otherwise 0.',
  },
  PublishToDelivery: {
    unit: 'Milliseconds',
    counts:
      'Time from `publishedAt` of the oldest event of a broadcast to the answer to its last post that delivered.',
  },
  MembersPerSecond: {
    unit: 'Count/Second',
    counts: 'Members that a broadcast delivered to a second, from its start to the last of them.',
  },
  BadEvents: {
    unit: 'Count',
    label: 'dead-lettered',
    counts: 'Events that became dead letters because no client could read them.',
  },
  EventsNotSent: {
    unit: 'Count',
    label: 'not sent',
    counts:
      'Events that were in the log of a room and will never be sent: they expired before, or failed permanently.',
  },
  TokensRefused: { unit: 'Count', counts: 'Tokens that the auth function refused.' },
  AuthTimeouts: {
    unit: 'Count',
    counts: 'Connections that were closed because they did not authenticate in time.',
  },
  CanaryMs: { unit: 'Milliseconds', counts: 'Duration of a run of the canary in which every step passed.' },
  LoggedErrors: { unit: 'Count', counts: 'Lines with the level ERROR in the logs of the functions.' },
} as const satisfies Record<string, MetricDescription>;

export type MetricName = keyof typeof metrics;
/** The unit of one metric, as CloudWatch names it. */
export type MetricUnitOf<Name extends MetricName> = (typeof metrics)[Name]['unit'];
/** The metrics that count something. */
export type CountName = {
  [Name in MetricName]: MetricUnitOf<Name> extends 'Count' ? Name : never;
}[MetricName];
