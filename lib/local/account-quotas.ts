/** What AWS lets one account do in a region, over all that it runs. */
export interface AccountQuotas {
  /**
   * Invocations of Lambda functions at the same time. A new account may have as few as 10.
   * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
   */
  concurrency: number;
  /**
   * What is asked of API Gateway, by clients and by calls to `@connections`: a token bucket.
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
   */
  requestsPerSecond: number;
  requestBurst: number;
  /**
   * New WebSocket connections.
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
   */
  connectionsPerSecond: number;
}

/** AWS's own defaults, in most of its regions. */
export const DEFAULT_QUOTAS: AccountQuotas = {
  concurrency: 1_000,
  requestsPerSecond: 10_000,
  requestBurst: 5_000,
  connectionsPerSecond: 500,
};
