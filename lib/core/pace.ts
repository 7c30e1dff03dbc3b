import type { Clock, PostLimits, PostOutcome, Sleep } from './ports.ts';
import { postRate } from './post-rate.ts';

/** Decides when a call to API Gateway may begin. */
export interface Pace {
  /**
   * Waits for its turn, then calls. Turns come in the order in which they were asked for. `refused` is a call that was
   * not made after all: by the time of its turn there was a reason against it, or the pace had ended.
   */
  run(call: () => Promise<PostOutcome> | 'refused'): Promise<PostOutcome>;
  /** Resolves when all who asked have had their turns; undefined when they have. */
  nobodyWaits(): Promise<void> | undefined;
}

/** Calls under way at a time. All at once would delay the first delivery tenfold and gain nothing on the last. */
const SLOTS = 128;
/** A call that takes longer gives its slot away, so that connections that hang do not hold up the others. */
const SLOW_AFTER_MS = 250;
/** With the slow ones: each has a socket, and a function may have 1,024 files open. */
export const MAX_CALLS_UNDER_WAY = 512;

export interface PaceOptions {
  limits: PostLimits;
  /** When it ends: no call begins from then on, and nobody waits. Epoch milliseconds. */
  until: number;
  /** Told of every call that was made. */
  onAnswer?: (outcome: PostOutcome) => void;
}

/** A pace for one broadcast, or a part of one: as fast as the limits allow, and slower when API Gateway says 429. */
export function createPace(
  { clock, sleep }: { clock: Clock; sleep: Sleep },
  { limits, until, onAnswer = () => undefined }: PaceOptions,
): Pace {
  const rate = postRate(limits, clock);
  // Sets keep the order in which calls began: the first is the one that is slow first.
  const quick = new Set<{ begunAt: number }>();
  const slow = new Set<{ begunAt: number }>();
  const waiting: ((call: { begunAt: number }) => void)[] = [];
  let onNobodyWaits: (() => void)[] = [];
  let wakeAt = Number.POSITIVE_INFINITY;

  /** Milliseconds until whoever waits first has its turn, at the latest. */
  function untilTurn(): number {
    const untilEnd = until - clock();
    return untilEnd > 0 ? Math.min(untilEnd, untilMayBegin()) : 0;
  }

  /** Infinity when an answer must come first. */
  function untilMayBegin(): number {
    if (quick.size + slow.size >= MAX_CALLS_UNDER_WAY) return Number.POSITIVE_INFINITY;
    const untilSlot = quick.size < SLOTS ? 0 : untilOldestIsSlow();
    return untilSlot > 0 ? untilSlot : rate.take();
  }

  function untilOldestIsSlow(): number {
    const [oldest] = quick;
    if (oldest === undefined) return 0;
    const remaining = oldest.begunAt + SLOW_AFTER_MS - clock();
    if (remaining > 0) return remaining;
    quick.delete(oldest);
    slow.add(oldest);
    return 0;
  }

  function begin(): { begunAt: number } {
    const call = { begunAt: clock() };
    quick.add(call);
    return call;
  }

  function giveTurns(): void {
    while (waiting.length > 0) {
      const wait = untilTurn();
      if (wait > 0) {
        wakeAfter(wait);
        return;
      }
      waiting.shift()?.(begin());
    }
    for (const tell of onNobodyWaits) tell();
    onNobodyWaits = [];
  }

  function wakeAfter(milliseconds: number): void {
    const at = clock() + milliseconds;
    if (at >= wakeAt) return;
    wakeAt = at;
    void sleep(milliseconds).then(() => {
      // Another may have been asked for since, for an earlier time.
      if (wakeAt === at) wakeAt = Number.POSITIVE_INFINITY;
      giveTurns();
    });
  }

  function turn(): Promise<{ begunAt: number }> {
    return new Promise((resolve) => {
      waiting.push(resolve);
      giveTurns();
    });
  }

  return {
    async run(call) {
      const mine = waiting.length === 0 && untilTurn() === 0 ? begin() : await turn();
      try {
        const answer = clock() < until ? call() : 'refused';
        if (answer === 'refused') return answer;
        const outcome = await answer;
        rate.answered(outcome);
        onAnswer(outcome);
        return outcome;
      } finally {
        if (!quick.delete(mine)) slow.delete(mine);
        giveTurns();
      }
    },
    nobodyWaits() {
      return waiting.length === 0 ? undefined : new Promise((resolve) => onNobodyWaits.push(resolve));
    },
  };
}
