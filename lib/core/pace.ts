import type { Clock, PostLimits, PostOutcome, Sleep } from './ports.ts';
import { postRate } from './post-rate.ts';
import { postSlots } from './post-slots.ts';
import { turns } from './turns.ts';

/** Decides when a call to API Gateway may begin. */
export interface Pace {
  /**
   * Waits for its turn, then calls. Turns come in the order in which they were asked for, but for calls that are made
   * again: of these few go before the others. `refused` is a call that was not made after all: by the time of its turn
   * there was a reason against it, or the pace had ended.
   */
  run(call: () => Promise<PostOutcome> | 'refused', isAgain?: boolean): Promise<PostOutcome>;
  /** Resolves when all who asked for the first time have had their turns; undefined when they have. */
  nobodyWaits(): Promise<void> | undefined;
}

interface PaceOptions {
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
  const slots = postSlots(clock);
  const waiting = turns<ReturnType<typeof slots.begin>>();
  let onNobodyWaits: (() => void)[] = [];
  let wakeAt = Number.POSITIVE_INFINITY;

  /** Milliseconds until whoever waits first has its turn, at the latest. */
  function untilTurn(): number {
    const untilEnd = until - clock();
    if (untilEnd <= 0) return 0;
    const untilFree = slots.untilFree();
    return Math.min(untilEnd, untilFree > 0 ? untilFree : rate.take());
  }

  function giveTurns(): void {
    while (waiting.anyWaits()) {
      const wait = untilTurn();
      if (wait > 0) {
        wakeAfter(wait);
        break;
      }
      waiting.give(slots.begin());
    }
    if (waiting.firstWaits()) return;
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

  function turn(isAgain: boolean) {
    const mine = waiting.wait(isAgain);
    giveTurns();
    return mine;
  }

  return {
    async run(call, isAgain = false) {
      const mine = !waiting.anyWaits() && untilTurn() === 0 ? slots.begin() : await turn(isAgain);
      try {
        const answer = clock() < until ? call() : 'refused';
        if (answer === 'refused') return answer;
        const outcome = await answer;
        // Who is tried again is a slow reader more often than not: its 429 say nothing about the quota.
        if (!isAgain || outcome !== 'throttled') rate.answered(outcome);
        onAnswer(outcome);
        return outcome;
      } finally {
        slots.end(mine);
        giveTurns();
      }
    },
    nobodyWaits() {
      return waiting.firstWaits() ? new Promise((resolve) => onNobodyWaits.push(resolve)) : undefined;
    },
  };
}
