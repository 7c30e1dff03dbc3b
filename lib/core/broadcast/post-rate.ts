import type { Clock, PostLimits, PostOutcome } from '../ports.ts';

/** Limits how fast the posts of a process start: a token bucket whose rate follows the answers of API Gateway. */
export interface PostRate {
  /** Sets the limits from now on. A rate that was learned keeps its share of the limit. */
  allow(limits: PostLimits): void;
  /** Discards the current window of answers. To be called after a time without posts, which says nothing about the rate. */
  resume(): void;
  /** Takes a token. Returns 0, or the milliseconds until there is a token if there is none. */
  take(): number;
  /** Counts an answer, and may lower the rate. */
  answered(answer: PostAnswer): void;
  /** The current rate as a share of the limit: 1 if no 429 has lowered it. */
  share(): number;
}

export interface PostAnswer {
  outcome: PostOutcome;
  /** When the call started. Epoch milliseconds. */
  startedAt: number;
  /** Not the first try. */
  isRetry?: boolean | undefined;
  /** The client is known to read too slowly. */
  isSlowReader?: boolean | undefined;
}

/** A window of answers is judged after 50 ms once it has 20 answers. With fewer after 1 s it is discarded. */
const WINDOW = { milliseconds: 50, answers: 20, longestMs: 1_000 } as const;
/**
 * A greater share of 429 means that the quota is used up. A smaller share comes from clients that read too slowly: API
 * Gateway also answers 429 when the buffer of a client is full (LimitExceededException, see `SlowReaders`). Other
 * members should not wait for those.
 */
const CONGESTED_SHARE = 0.1;
/** If a window has only retries and more than this share are still 429, slow readers are the cause. The rate stays. */
const SLOW_SHARE = 0.7;
/** After a congested window the rate is 0.9 of the delivered rate. */
const DECREASE = 0.9;
/** Time in which the rate grows from nothing to the limit, even while nothing is posted. */
const RECOVERY_MS = 4_000;
/** Lowest share of the limit. With less, there would be no answers to learn from. */
const LEAST = 0.01;

/**
 * Starts at the limit with a full bucket, so a room no larger than a burst does not wait. The share of the quota that
 * other processes use is not known: after 429 the rate falls below the delivered rate, and grows again.
 *
 * The square root of the rate grows linearly: a low rate grows by small steps, but by a larger share of itself than a
 * high one. Linear growth overshoots when each of fifty processes has a fiftieth; exponential growth starves a process
 * that was reduced once more than the others. (The SQRT rule of binomial congestion control, Bansal and Balakrishnan,
 * INFOCOM 2001; `npm run bench -- shared` measures it.)
 */
export function postRate(clock: Clock): PostRate {
  let limits: PostLimits = { postsPerSecond: 1, burst: 1 };
  /** The share at the time `at`, from which it grows. Undefined once it has grown to 1. */
  let learned: { share: number; at: number } | undefined;
  let tokens = 1;
  let refilledAt = clock();
  let window = emptyWindow();

  function share(): number {
    if (learned === undefined) return 1;
    const grown = (Math.sqrt(learned.share) + (clock() - learned.at) / RECOVERY_MS) ** 2;
    if (grown >= 1) learned = undefined;
    return Math.min(1, grown);
  }

  const rate = () => limits.postsPerSecond * share();
  const capacity = () => Math.max(1, limits.burst * share());

  function refill(): void {
    const now = clock();
    tokens = Math.min(capacity(), tokens + ((now - refilledAt) / 1000) * rate());
    refilledAt = now;
  }

  function learn(share: number): void {
    refill();
    learned = { share, at: clock() };
  }

  /** Lowers the rate below the delivered rate, in posts a second. */
  function lowerBelow(deliveredPerSecond: number): void {
    learn(Math.min(share(), Math.max(LEAST, (deliveredPerSecond * DECREASE) / limits.postsPerSecond)));
    tokens = 0;
  }

  /** Judges by first tries if there are any, otherwise by retries. False if there are too few answers to judge. */
  function judge({ before, delivered, first, retries }: Window, lasted: number): boolean {
    const deliveredPerSecond = (delivered / lasted) * 1000;
    if (first.answers >= WINDOW.answers) {
      if (isCongested(first)) lowerBelow(deliveredPerSecond);
      return true;
    }
    if (first.answers > 0 || retries.answers < WINDOW.answers) return false;
    if (learned === undefined || !isCongested(retries)) return true;
    if (retries.throttled < retries.answers * SLOW_SHARE) lowerBelow(deliveredPerSecond);
    // Slow readers caused the 429: the share at the start of the window is right.
    else learn(before);
    return true;
  }

  /** Whether the call started before the rate was lowered: its answer is about the old rate. */
  function isOutdated({ startedAt }: PostAnswer): boolean {
    return learned !== undefined && startedAt < learned.at;
  }

  return {
    allow(next) {
      refill();
      const filled = tokens / capacity();
      limits = next;
      tokens = filled * capacity();
    },
    resume() {
      window = emptyWindow();
    },
    take() {
      refill();
      if (tokens < 1) return Math.ceil(((1 - tokens) / rate()) * 1000);
      tokens -= 1;
      return 0;
    },
    answered(answer) {
      if (answer.isSlowReader || isOutdated(answer)) return;
      const now = clock();
      if (window.from === undefined) [window.from, window.before] = [now, share()];
      countIn(window, answer);
      const lasted = now - window.from;
      if (lasted < WINDOW.milliseconds) return;
      if (judge(window, lasted) || lasted >= WINDOW.longestMs) window = emptyWindow();
    },
    share,
  };
}

interface Window {
  /** When the first answer of the window arrived. Epoch milliseconds. */
  from: number | undefined;
  /** The share of the limit at that time. */
  before: number;
  delivered: number;
  first: Tally;
  retries: Tally;
}

interface Tally {
  answers: number;
  throttled: number;
}

function emptyWindow(): Window {
  const tally = () => ({ answers: 0, throttled: 0 });
  return { from: undefined, before: 1, delivered: 0, first: tally(), retries: tally() };
}

function countIn(window: Window, { outcome, isRetry }: PostAnswer): void {
  const tally = isRetry ? window.retries : window.first;
  tally.answers += 1;
  if (outcome === 'throttled') tally.throttled += 1;
  if (outcome === 'delivered') window.delivered += 1;
}

/** Whether the share of 429 exceeds CONGESTED_SHARE by more than two standard deviations. */
function isCongested({ answers, throttled }: Tally): boolean {
  const expected = answers * CONGESTED_SHARE;
  return throttled > expected + 2 * Math.sqrt(expected);
}

/** Slow readers that a process remembers at most. A forgotten one delays its room once more. */
const MAX_SLOW_READERS = 10_000;

/**
 * Connections whose last frame API Gateway refused with 429 while it accepted frames of other members in the same
 * broadcast: their clients read too slowly. API Gateway also answers 429 when the buffer of a client is full:
 * https://docs.aws.amazon.com/botocore/latest/reference/services/apigatewaymanagementapi/client/exceptions/LimitExceededException.html
 * A process remembers them, so that a room waits for each of them once, not at every event.
 */
export interface SlowReaders {
  has(connectionId: string): boolean;
  remember(connectionId: string): void;
  forget(connectionId: string): void;
}

/** An empty set of slow readers. Forgets the one that was added first when there are more than `most`. */
export function slowReaders(most: number = MAX_SLOW_READERS): SlowReaders {
  // A set keeps insertion order.
  const connectionIds = new Set<string>();
  return {
    has: (connectionId) => connectionIds.has(connectionId),
    remember(connectionId) {
      connectionIds.delete(connectionId);
      connectionIds.add(connectionId);
      const [oldest] = connectionIds;
      if (connectionIds.size > most && oldest !== undefined) connectionIds.delete(oldest);
    },
    forget: (connectionId) => void connectionIds.delete(connectionId),
  };
}
