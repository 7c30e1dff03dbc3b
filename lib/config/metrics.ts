/** CloudWatch namespace of the metrics that the functions write; the dimension `service` is `trade-room-<stage>`. */
export const METRICS_NAMESPACE = 'TradeRoom';

/** Every metric that the functions write. A broadcast writes all of the first group; the last two if it delivered. */
export type MetricName =
  /** Events that were sent, and those that newer ones made unnecessary. */
  | 'Events'
  | 'Conflated'
  | 'Delivered'
  | 'Gone'
  | 'Expired'
  | 'Failed'
  /** Members that API Gateway would not take a frame for, with 429; they find out by `prev` and recover. */
  | 'ThrottledOut'
  /** Answers with 429, also those that a retry made good. */
  | 'Throttled'
  /** Calls to API Gateway, retries included. */
  | 'Posts'
  | 'Incomplete'
  /** From `publishedAt` to the answer to the last post that delivered; in milliseconds. */
  | 'PublishToDelivery'
  /** Posts of one broadcast that delivered, from its start to the last of them. */
  | 'MembersPerSecond'
  /** Events that were dead-lettered, because no client could read them. */
  | 'BadEvents'
  /** Events that were in a room's log and will never be sent: expired before, or failed for good. */
  | 'EventsNotSent'
  | 'TokensRefused'
  /** Connections closed because they did not authenticate in time. */
  | 'AuthTimeouts'
  /** How long a run of the canary took in which every step passed; in milliseconds. */
  | 'CanaryMs'
  /** Lines that the functions log with the level ERROR; counted by CloudWatch from the logs. */
  | 'LoggedErrors';
