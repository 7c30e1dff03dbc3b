import type { Clock, PostOutcome, Random, Sleep } from './ports.ts';

const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 1_000;

/**
 * Calls API Gateway until the outcome is final or the time is up. 429 and 5xx are tried again after a full-jitter
 * backoff (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). A call that was cut off is not:
 * it may have been delivered, and a connection that hangs would only hang again.
 */
export function untilFinal(
  time: { clock: Clock; sleep: Sleep; random: Random },
  call: (attempt: number) => Promise<PostOutcome>,
  until: number,
): Promise<PostOutcome> {
  // Nearly always there is one attempt, and it should cost no more than that.
  return call(0).then((outcome) => (isFinal(outcome) ? outcome : tryAgain(time, call, until, outcome)));
}

async function tryAgain(
  { clock, sleep, random }: { clock: Clock; sleep: Sleep; random: Random },
  call: (attempt: number) => Promise<PostOutcome>,
  until: number,
  first: PostOutcome,
): Promise<PostOutcome> {
  let outcome = first;
  for (let attempt = 1; !isFinal(outcome); attempt += 1) {
    const backoff = random() * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
    if (clock() + backoff >= until) return outcome;
    await sleep(backoff);
    outcome = await call(attempt);
  }
  return outcome;
}

function isFinal(outcome: PostOutcome): boolean {
  return outcome !== 'throttled' && outcome !== 'unavailable';
}
