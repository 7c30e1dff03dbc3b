/** The quotas of one AWS account in one region, shared by all its stacks. */
export interface AccountQuotas {
  /**
   * How many Lambda invocations may run at the same time. A new account may have as few as 10.
   * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
   */
  concurrency: number;
  /**
   * Requests to API Gateway, by clients and by calls to `@connections`: a token bucket.
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
   */
  requestsPerSecond: number;
  requestBurst: number;
  /**
   * New WebSocket connections per second.
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
   */
  connectionsPerSecond: number;
}

/** The defaults of AWS in most regions. */
export const DEFAULT_QUOTAS: AccountQuotas = {
  concurrency: 1_000,
  requestsPerSecond: 10_000,
  requestBurst: 5_000,
  connectionsPerSecond: 500,
};
