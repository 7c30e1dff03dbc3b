/** A call to `@connections` that has not been answered by then is cut off. This includes a second attempt. */
export const POST_TIMEOUT_MS = 2_000;

/**
 * The part of that time that the first attempt over an idle connection has: a quarter. It is not measured on AWS; if
 * API Gateway is slower than that, the frame is posted twice.
 */
export function doubtOf(timeoutMs: number): number {
  return timeoutMs / 4;
}
