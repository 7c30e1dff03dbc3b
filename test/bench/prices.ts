/**
 * List prices of us-east-1 in dollars, as in docs/operations/costs.md: a million each, and of a GB-second of Lambda on arm64.
 */
export const prices = {
  writeUnits: 0.625,
  readUnits: 0.125,
  sqsFifoRequests: 0.5,
  lambdaRequests: 0.2,
  gbSecond: 0.0000133334,
  events: 1,
  posts: 1,
} as const;
