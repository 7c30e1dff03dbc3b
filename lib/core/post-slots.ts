import type { Clock } from './ports.ts';

/** Calls under way at a time. All at once would delay the first delivery tenfold and gain nothing on the last. */
const SLOTS = 128;
/** A call that takes longer gives its slot away, so that connections that hang do not hold up the others. */
const SLOW_AFTER_MS = 250;
/** With the slow ones: each has a socket, and a function may have 1,024 files open. */
export const MAX_CALLS_UNDER_WAY = 512;

/** A call that has a slot. */
export interface Call {
  begunAt: number;
}

/** How many calls to API Gateway may be under way. */
export interface PostSlots {
  /** Milliseconds until there is a slot: 0 when there is one, Infinity when a call must end first. */
  untilFree(): number;
  begin(): Call;
  end(call: Call): void;
}

export function postSlots(clock: Clock): PostSlots {
  // Sets keep the order in which calls began: the first is the one that is slow first.
  const quick = new Set<Call>();
  const slow = new Set<Call>();
  return {
    untilFree() {
      if (quick.size + slow.size >= MAX_CALLS_UNDER_WAY) return Number.POSITIVE_INFINITY;
      if (quick.size < SLOTS) return 0;
      const [oldest] = quick;
      if (oldest === undefined) return 0;
      const remaining = oldest.begunAt + SLOW_AFTER_MS - clock();
      if (remaining > 0) return remaining;
      quick.delete(oldest);
      slow.add(oldest);
      return 0;
    },
    begin() {
      const call = { begunAt: clock() };
      quick.add(call);
      return call;
    },
    end(call) {
      if (!quick.delete(call)) slow.delete(call);
    },
  };
}
