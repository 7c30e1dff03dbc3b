import type { Clock, PostLimits, PostOutcome, Sleep } from '../ports.ts';
import { postRate } from './post-rate.ts';

/**
 * Decides when the calls of one process to API Gateway may begin, whatever broadcast they are for. It is made once per
 * cold start: what 429 has taught is known to the next broadcast, and rooms that are served at the same time share one
 * rate and the calls under way.
 */
export interface PostScheduler {
  /** The calls of one broadcast, or of a part of one, until `close`. */
  open(options: PostQueueOptions): PostQueue;
  /** Posts a second that API Gateway accepts from this process, by its latest answers; never more than `limit`. */
  postsPerSecond(limit: number): number;
  /** Whether the quota is used up, as far as the latest answers tell. */
  isCongested(): boolean;
}

interface PostQueueOptions {
  limits: PostLimits;
  /** When it ends: no call begins from then on, and nobody waits. Epoch milliseconds. */
  until: number;
  /** Told of every call that was made. */
  onAnswer?: (outcome: PostOutcome) => void;
}

/** What a call is, beside what it does. */
interface CallKind {
  /** Not the first try. Only few retries go before first tries. */
  isRetry?: boolean;
  /** To a client that is known to read too slowly: its 429 says nothing about the quota. */
  isSlowReader?: boolean;
}

/** The calls of one broadcast. */
export interface PostQueue {
  /**
   * Waits for its turn, then calls. First tries run in FIFO order and only few retries go before them; queues are
   * served round robin. Resolves with `not_sent` when the call was not made: `call` itself said so, or the queue had
   * ended.
   */
  run(call: () => Promise<PostOutcome> | 'not_sent', kind?: CallKind): Promise<PostOutcome>;
  /** Resolves when no first try waits for its turn; undefined if none waits now. */
  idle(): Promise<void> | undefined;
  /** To be called when no call is under way or waits any more. */
  close(): void;
}

/** A queue as the scheduler sees it. */
interface Line {
  limits: PostLimits;
  until: number;
  waiting: Turns<Call | undefined>;
  onNobodyWaits: (() => void)[];
}

const FIRST_TRY: CallKind = {};

/** As fast as the limits of the open queues allow, and slower when API Gateway says 429. */
export function postScheduler({ clock, sleep }: { clock: Clock; sleep: Sleep }): PostScheduler {
  const rate = postRate(clock);
  const slots = postSlots(clock);
  /** Whose turn it is comes first. */
  const lines: Line[] = [];
  let wakeAt = Number.POSITIVE_INFINITY;

  /** Takes a token: 0 when a call may begin now, otherwise the milliseconds until it may. */
  function takeToken(): number {
    const untilFree = slots.untilFree();
    return untilFree > 0 ? untilFree : rate.take();
  }

  function giveTurns(): void {
    endThoseOver();
    for (let line = nextWaiting(); line !== undefined; line = nextWaiting()) {
      const wait = takeToken();
      if (wait > 0) {
        wakeAfter(Math.min(wait, untilNextEnd()));
        break;
      }
      line.waiting.give(slots.begin());
      lines.push(...lines.splice(lines.indexOf(line), 1));
    }
    for (const line of lines) tellIfNobodyWaits(line);
  }

  /** After the deadline of a queue its callers are released without a slot: they make no call. */
  function endThoseOver(): void {
    for (const { until, waiting } of lines) {
      if (clock() < until) continue;
      while (waiting.anyWaits()) waiting.give(undefined);
    }
  }

  function nextWaiting(): Line | undefined {
    return lines.find(({ waiting }) => waiting.anyWaits());
  }

  function untilNextEnd(): number {
    const ends = lines.filter(({ waiting }) => waiting.anyWaits()).map(({ until }) => until - clock());
    return Math.min(...ends);
  }

  function tellIfNobodyWaits({ waiting, onNobodyWaits }: Line): void {
    if (waiting.firstWaits()) return;
    for (const tell of onNobodyWaits.splice(0)) tell();
  }

  function wakeAfter(milliseconds: number): void {
    const at = clock() + milliseconds;
    if (at >= wakeAt) return;
    wakeAt = at;
    void sleep(milliseconds).then(() => {
      // An earlier wake-up may have been set since.
      if (wakeAt === at) wakeAt = Number.POSITIVE_INFINITY;
      giveTurns();
    });
  }

  function turn(line: Line, { isRetry = false }: CallKind): Promise<Call | undefined> {
    const mine = line.waiting.wait(isRetry);
    giveTurns();
    return mine;
  }

  /**
   * The largest of the open queues counts. A part of a divided room may so post faster than its share while a whole room is
   * served beside it, which lasts milliseconds for a room that is not divided; 429 corrects more than that.
   */
  function adoptLimits(): void {
    if (lines.length === 0) return;
    rate.allow({
      postsPerSecond: Math.max(...lines.map(({ limits }) => limits.postsPerSecond)),
      burst: Math.max(...lines.map(({ limits }) => limits.burst)),
    });
  }

  return {
    open({ limits, until, onAnswer = () => undefined }) {
      const line: Line = { limits, until, waiting: turns(), onNobodyWaits: [] };
      if (lines.length === 0) rate.resume();
      lines.push(line);
      adoptLimits();
      const mayBegin = () =>
        clock() >= until || (!lines.some(({ waiting }) => waiting.anyWaits()) && takeToken() === 0);
      return {
        async run(call, kind = FIRST_TRY) {
          const mine = mayBegin() ? slots.begin() : await turn(line, kind);
          try {
            const begunAt = clock();
            const answer = begunAt < until ? call() : 'not_sent';
            if (answer === 'not_sent') return answer;
            const outcome = await answer;
            rate.answered({ outcome, begunAt, ...kind });
            onAnswer(outcome);
            return outcome;
          } finally {
            if (mine !== undefined) slots.end(mine);
            giveTurns();
          }
        },
        idle: () =>
          line.waiting.firstWaits() ? new Promise((resolve) => line.onNobodyWaits.push(resolve)) : undefined,
        close() {
          const index = lines.indexOf(line);
          if (index < 0) return;
          lines.splice(index, 1);
          adoptLimits();
        },
      };
    },
    postsPerSecond: (limit) => limit * rate.share(),
    isCongested: () => rate.share() < 1,
  };
}

/** Of so many turns one goes to those who wait again, while there are others. */
const AGAIN_EVERY = 4;

/** Who waits for a turn. First tries go before retries: a connection that is throttled must not hold up the rest. */
export interface Turns<Turn> {
  wait(isAgain: boolean): Promise<Turn>;
  /** Whether anybody waits at all, or for the first time. */
  anyWaits(): boolean;
  firstWaits(): boolean;
  /** Gives a turn to whoever is next. */
  give(turn: Turn): void;
}

export function turns<Turn>(): Turns<Turn> {
  const first: ((turn: Turn) => void)[] = [];
  const again: ((turn: Turn) => void)[] = [];
  let given = 0;
  return {
    wait: (isAgain) => new Promise((resolve) => void (isAgain ? again : first).push(resolve)),
    anyWaits: () => first.length > 0 || again.length > 0,
    firstWaits: () => first.length > 0,
    give(turn) {
      given += 1;
      const queue = first.length === 0 || (again.length > 0 && given % AGAIN_EVERY === 0) ? again : first;
      queue.shift()?.(turn);
    },
  };
}

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
interface PostSlots {
  /** Milliseconds until there is a slot: 0 when there is one, Infinity when a call must end first. */
  untilFree(): number;
  begin(): Call;
  end(call: Call): void;
}

function postSlots(clock: Clock): PostSlots {
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
