import type { Clock, PostLimits, PostOutcome } from './ports.ts';

/** How fast posts may begin: a token bucket whose rate follows what API Gateway takes. */
export interface PostRate {
  /** Takes a token: 0 when there was one, otherwise the milliseconds until there is. */
  take(): number;
  /** Learns from an answer. */
  answered(outcome: PostOutcome): void;
}

/** Answers are judged together: those of so long, and at least so many. */
const WINDOW = { milliseconds: 100, answers: 10 } as const;
/**
 * A greater share of 429 means that the quota is used up. A smaller one comes from clients that read too slowly, for
 * which API Gateway has the same answer, and nobody else should wait for those.
 */
const CONGESTED_SHARE = 0.1;
/** After a window that was congested: such a part of what got through. */
const DECREASE = 0.9;
/** After any other: so much more, as a part of the limit. */
const INCREASE = 0.05;
/** Never below this part of the limit, or there would be no answers to learn from. */
const LEAST = 0.01;

/**
 * Begins at the limit, with a full bucket, so a room that is no larger than a burst does not wait at all. What others
 * of the account use is not known beforehand: 429 tells, and the rate then increases additively and decreases
 * multiplicatively (AIMD).
 */
export function postRate({ postsPerSecond: limit, burst }: PostLimits, clock: Clock): PostRate {
  const capacity = () => Math.max(1, (burst * rate) / limit);
  let rate = limit;
  let tokens = capacity();
  let refilledAt = clock();
  let window = { from: refilledAt, answers: 0, throttled: 0 };

  function refill(): void {
    const now = clock();
    tokens = Math.min(capacity(), tokens + ((now - refilledAt) / 1000) * rate);
    refilledAt = now;
  }

  function judge({ from, answers, throttled }: typeof window, now: number): void {
    refill();
    if (throttled > answers * CONGESTED_SHARE) {
      const through = ((answers - throttled) / (now - from)) * 1000;
      rate = Math.min(rate, Math.max(limit * LEAST, through * DECREASE));
      tokens = 0;
    } else {
      rate = Math.min(limit, rate + limit * INCREASE);
    }
  }

  return {
    take() {
      refill();
      if (tokens < 1) return Math.ceil(((1 - tokens) / rate) * 1000);
      tokens -= 1;
      return 0;
    },
    answered(outcome) {
      window.answers += 1;
      if (outcome === 'throttled') window.throttled += 1;
      const now = clock();
      if (now - window.from < WINDOW.milliseconds || window.answers < WINDOW.answers) return;
      judge(window, now);
      window = { from: now, answers: 0, throttled: 0 };
    },
  };
}
