/** What AWS lets one account do in a region, over all that it runs. */
export interface AccountQuotas {
  /**
   * Invocations of Lambda functions at the same time. A new account may have as few as 10.
   * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
   */
  concurrency: number;
}

/** AWS's own defaults. */
export const DEFAULT_QUOTAS: AccountQuotas = { concurrency: 1_000 };
