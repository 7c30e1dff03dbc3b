/** CloudWatch namespace of the metrics that the functions write; the dimension `service` is `trade-room-<stage>`. */
export const METRICS_NAMESPACE = 'TradeRoom';
