/** A call to `@connections` that has not been answered by then is cut off; what it was sent twice for is counted in. */
export const POST_TIMEOUT_MS = 2_000;

/**
 * How much of that is left to a connection that was idle. API Gateway answers within tens of milliseconds, so there is
 * none at the other end; and if it was slow after all, the second try has the greater part of the time.
 */
export function doubtOf(timeoutMs: number): number {
  return timeoutMs / 4;
}
