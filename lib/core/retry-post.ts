import type { Clock, PostOutcome, Random, Sleep } from './ports.ts';

interface Backoff {
  firstMs: number;
  maxMs: number;
}

/** Between posts to API Gateway. */
const POST_BACKOFF: Backoff = { firstMs: 50, maxMs: 1_000 };

/**
 * Milliseconds to wait before attempt `attempt + 1`, with full jitter:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs({ firstMs, maxMs }: Backoff, random: Random, attempt: number): number {
  return random() * Math.min(maxMs, firstMs * 2 ** attempt);
}

/** An outcome after which a call is retried. */
type TransientOutcome = 'throttled' | 'unavailable';

/**
 * Calls API Gateway, and retries 429 and 5xx after a backoff until the deadline that `deadlineOf` gives for
 * that outcome (epoch milliseconds). Returns the last outcome. Does not retry `timed_out`: the frame may have been delivered, and a
 * connection that hangs would hang again.
 */
export function retryPost(
  { clock, sleep, random }: { clock: Clock; sleep: Sleep; random: Random },
  call: (attempt: number) => Promise<PostOutcome>,
  deadlineOf: (outcome: TransientOutcome) => number,
): Promise<PostOutcome> {
  // Recursion instead of a loop with await: thousands of posts need one attempt each, and should cost one promise each.
  const tryOnce = (attempt: number): Promise<PostOutcome> =>
    call(attempt).then((outcome) => {
      if (outcome !== 'throttled' && outcome !== 'unavailable') return outcome;
      const backoff = backoffMs(POST_BACKOFF, random, attempt);
      if (clock() + backoff >= deadlineOf(outcome)) return outcome;
      return sleep(backoff).then(() => tryOnce(attempt + 1));
    });
  return tryOnce(0);
}
