/** CloudWatch namespace of the metrics that the functions write; the dimension `service` is `trade-room-<stage>`. */
export const METRICS_NAMESPACE = 'TradeRoom';

/** Every metric that the functions write. A broadcast writes all of the first group, zeros too. */
export type MetricName =
  | 'Delivered'
  | 'Gone'
  | 'Expired'
  | 'Failed'
  | 'Throttled'
  | 'Incomplete'
  /** From `publishedAt` to the end of the broadcast, so until the last member was served; in milliseconds. */
  | 'PublishToDelivery'
  /** Events that were put aside, because no client could read them. */
  | 'BadEvents'
  | 'TokensRefused'
  /** Connections closed because they did not authenticate in time. */
  | 'AuthTimeouts'
  /** Lines that the functions log with the level ERROR; counted by CloudWatch from the logs. */
  | 'LoggedErrors';
