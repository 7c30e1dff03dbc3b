import type { Clock, PostLimits, PostOutcome } from '../ports.ts';

/** How fast the posts of a process may begin: a token bucket whose rate follows what API Gateway takes. */
export interface PostRate {
  /** What may be asked of API Gateway at most, from now on. What was learned holds as a share of it. */
  allow(limits: PostLimits): void;
  /** The process had nothing to post: the time that has passed says nothing about the answers. */
  resume(): void;
  /** Takes a token: 0 when there was one, otherwise the milliseconds until there is. */
  take(): number;
  answered(answer: PostAnswer): void;
  /** The rate of now as a share of the limit: 1 where no 429 speaks against it. */
  share(): number;
}

export interface PostAnswer {
  outcome: PostOutcome;
  /** When the call began. Epoch milliseconds. */
  begunAt: number;
  /** Not the first try. */
  isRetry?: boolean | undefined;
  /** To a client that is known to read too slowly. */
  isSlowReader?: boolean | undefined;
}

/** A window of answers is judged after 50 ms once it has 20 answers. With fewer after 1 s it is discarded. */
const WINDOW = { milliseconds: 50, answers: 20, longestMs: 1_000 } as const;
/**
 * A greater share of 429 means that the quota is used up. A smaller share comes from clients that read too slowly: API
 * Gateway answers 429 when the buffer of a client is full, too (LimitExceededException, see slow-readers.ts). The
 * others should not wait for those.
 */
const CONGESTED_SHARE = 0.1;
/** When only retries are left: if more than 70 % are still 429, the cause is slow readers, and the rate stays. */
const SLOW_SHARE = 0.7;
/** After a congested window the rate is 0.9 of the delivered rate. */
const DECREASE = 0.9;
/** From nothing up to the limit, also while nothing is posted. */
const RECOVERY_MS = 4_000;
/** Never below this part of the limit, or there would be no answers to learn from. */
const LEAST = 0.01;

/**
 * Begins at the limit, with a full bucket, so a room that is no larger than a burst does not wait at all. How much of
 * the quota others use is not known: after 429 the rate falls to what got through, and grows again.
 *
 * Its square root grows linearly, so a low rate grows by small steps, but by a greater part of itself than a high one.
 * Linear growth overshoots when each of fifty processes has a fiftieth; exponential growth starves a process that was
 * reduced once more than the others. (The SQRT rule of binomial congestion control, Bansal and Balakrishnan, INFOCOM
 * 2001; `npm run bench -- shared` measures it.)
 */
export function postRate(clock: Clock): PostRate {
  let limits: PostLimits = { postsPerSecond: 1, burst: 1 };
  /** The share at `learnedAt`, since which it grows; undefined where it has grown up to 1. */
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

  /** Lowers the rate to less than what got through. */
  function yieldTo(through: number): void {
    learn(Math.min(share(), Math.max(LEAST, (through * DECREASE) / limits.postsPerSecond)));
    tokens = 0;
  }

  /** Judges by first tries if there are any, otherwise by retries. False if there are too few answers to judge. */
  function judge({ before, delivered, first, retries }: Window, lasted: number): boolean {
    const through = (delivered / lasted) * 1000;
    if (first.answers >= WINDOW.answers) {
      if (isCongested(first)) yieldTo(through);
      return true;
    }
    if (first.answers > 0 || retries.answers < WINDOW.answers) return false;
    if (learned === undefined || !isCongested(retries)) return true;
    if (retries.throttled < retries.answers * SLOW_SHARE) yieldTo(through);
    else learn(before);
    return true;
  }

  /** The call began before the rate was lowered, so its answer is about the old rate. */
  function isOutdated({ begunAt }: PostAnswer): boolean {
    return learned !== undefined && begunAt < learned.at;
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
  /** When its first answer came. */
  from: number | undefined;
  /** The share at that time. */
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

/** Beyond chance: by two standard deviations. */
function isCongested({ answers, throttled }: Tally): boolean {
  const expected = answers * CONGESTED_SHARE;
  return throttled > expected + 2 * Math.sqrt(expected);
}

/** Most connections remembered. A forgotten one delays its room once more. */
const MOST_REMEMBERED = 10_000;

/**
 * Connections whose last frame API Gateway refused with 429 while it accepted the frames of others in the same
 * broadcast: their clients read too slowly. API Gateway answers 429 for a full buffer of a client, too:
 * https://docs.aws.amazon.com/botocore/latest/reference/services/apigatewaymanagementapi/client/exceptions/LimitExceededException.html
 * A process remembers them, so that a room waits for each of them once, not at every event.
 */
export interface SlowReaders {
  has(connectionId: string): boolean;
  remember(connectionId: string): void;
  forget(connectionId: string): void;
}

export function slowReaders(most: number = MOST_REMEMBERED): SlowReaders {
  // A set keeps the order in which they were added.
  const known = new Set<string>();
  return {
    has: (connectionId) => known.has(connectionId),
    remember(connectionId) {
      known.delete(connectionId);
      known.add(connectionId);
      const [oldest] = known;
      if (known.size > most && oldest !== undefined) known.delete(oldest);
    },
    forget: (connectionId) => void known.delete(connectionId),
  };
}
