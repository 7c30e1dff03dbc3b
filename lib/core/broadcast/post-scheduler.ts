import type { Clock, PostLimits, PostOutcome, Sleep } from '../ports.ts';
import { postRate } from './post-rate.ts';

/**
 * Decides when the calls of one process to API Gateway start, for all its broadcasts. Made once per cold start, so the
 * next broadcast knows the rate that 429 answers taught. Broadcasts that run at the same time share one rate and the
 * number of calls in flight.
 */
export interface PostScheduler {
  /** Opens a queue for the calls of one broadcast, or of one slice of it, until `close`. */
  open(options: PostQueueOptions): PostQueue;
  /** Posts a second that API Gateway accepts from this process, by its latest answers; at most `limit`. */
  postsPerSecond(limit: number): number;
  /** Whether the latest answers say that the quota is used up. */
  isCongested(): boolean;
}

interface PostQueueOptions {
  limits: PostLimits;
  /** When the queue ends: no call starts from then on, and waiting calls are released. Epoch milliseconds. */
  until: number;
  /** Called with the outcome of every call that was made. */
  onAnswer?: (outcome: PostOutcome) => void;
}

/** What the scheduler must know of a call. */
interface CallKind {
  /** Not the first try. A retry has a lower priority than first tries. */
  isRetry?: boolean;
  /** The client is known to read too slowly: its 429 says nothing about the quota. */
  isSlowReader?: boolean;
}

/** The calls of one broadcast. */
export interface PostQueue {
  /**
   * Waits until the call may start, then calls. First tries start in FIFO order; while they wait, at most one call in
   * four is a retry. Queues are served round robin. Resolves with `not_sent` if the call was not made: because `call`
   * returned it, or because the queue had ended.
   */
  run(call: () => Promise<PostOutcome> | 'not_sent', kind?: CallKind): Promise<PostOutcome>;
  /** Resolves when no first try waits to start; undefined if none waits now. */
  idle(): Promise<void> | undefined;
  /** Closes the queue. To be called when no call is in flight or waits. */
  close(): void;
}

/** A queue as the scheduler sees it. */
interface OpenQueue {
  limits: PostLimits;
  until: number;
  waiting: WaitingCalls<CallInFlight | undefined>;
  onIdle: (() => void)[];
}

const FIRST_TRY: CallKind = {};

/** Calls start as fast as the limits of the open queues allow, and slower after 429 answers. */
export function postScheduler({ clock, sleep }: { clock: Clock; sleep: Sleep }): PostScheduler {
  const rate = postRate(clock);
  const inFlight = callsInFlight(clock);
  /** In the order in which they are served next. */
  const queues: OpenQueue[] = [];
  let wakeAt = Number.POSITIVE_INFINITY;

  /** Takes a token: 0 if a call may start now, otherwise the milliseconds until one may. */
  function takeToken(): number {
    const untilFree = inFlight.untilFree();
    return untilFree > 0 ? untilFree : rate.take();
  }

  /** Starts the waiting calls that may start now, and schedules the next attempt for the others. */
  function startWaiting(): void {
    releaseEnded();
    for (let queue = nextQueue(); queue !== undefined; queue = nextQueue()) {
      const wait = takeToken();
      if (wait > 0) {
        wakeAfter(Math.min(wait, untilNextEnd()));
        break;
      }
      queue.waiting.release(inFlight.start());
      queues.push(...queues.splice(queues.indexOf(queue), 1));
    }
    for (const queue of queues) notifyIdle(queue);
  }

  /** Releases the waiting calls of queues that have ended. They make no call. */
  function releaseEnded(): void {
    for (const { until, waiting } of queues) {
      if (clock() < until) continue;
      while (waiting.hasAny()) waiting.release(undefined);
    }
  }

  function nextQueue(): OpenQueue | undefined {
    return queues.find(({ waiting }) => waiting.hasAny());
  }

  function untilNextEnd(): number {
    const ends = queues.filter(({ waiting }) => waiting.hasAny()).map(({ until }) => until - clock());
    return Math.min(...ends);
  }

  function notifyIdle({ waiting, onIdle }: OpenQueue): void {
    if (waiting.hasFirstTry()) return;
    for (const notify of onIdle.splice(0)) notify();
  }

  function wakeAfter(milliseconds: number): void {
    const at = clock() + milliseconds;
    if (at >= wakeAt) return;
    wakeAt = at;
    void sleep(milliseconds).then(() => {
      // An earlier wake-up may have been set since.
      if (wakeAt === at) wakeAt = Number.POSITIVE_INFINITY;
      startWaiting();
    });
  }

  function waitToStart(queue: OpenQueue, { isRetry = false }: CallKind): Promise<CallInFlight | undefined> {
    const started = queue.waiting.add(isRetry);
    startWaiting();
    return started;
  }

  /**
   * Adopts the largest limits of the open queues. A slice may then exceed its own limits while a whole room is posted at
   * the same time. A small room takes milliseconds; in a longer overlap, answers of 429 lower the rate.
   */
  function adoptLimits(): void {
    if (queues.length === 0) return;
    rate.allow({
      postsPerSecond: Math.max(...queues.map(({ limits }) => limits.postsPerSecond)),
      burst: Math.max(...queues.map(({ limits }) => limits.burst)),
    });
  }

  return {
    open({ limits, until, onAnswer = () => undefined }) {
      const queue: OpenQueue = { limits, until, waiting: waitingCalls(), onIdle: [] };
      if (queues.length === 0) rate.resume();
      queues.push(queue);
      adoptLimits();
      const mayStart = () =>
        clock() >= until || (!queues.some(({ waiting }) => waiting.hasAny()) && takeToken() === 0);
      return {
        async run(call, kind = FIRST_TRY) {
          const started = mayStart() ? inFlight.start() : await waitToStart(queue, kind);
          try {
            const startedAt = clock();
            const answer = startedAt < until ? call() : 'not_sent';
            if (answer === 'not_sent') return answer;
            const outcome = await answer;
            rate.answered({ outcome, startedAt, ...kind });
            onAnswer(outcome);
            return outcome;
          } finally {
            if (started !== undefined) inFlight.end(started);
            startWaiting();
          }
        },
        idle: () =>
          queue.waiting.hasFirstTry() ? new Promise((resolve) => queue.onIdle.push(resolve)) : undefined,
        close() {
          const index = queues.indexOf(queue);
          if (index < 0) return;
          queues.splice(index, 1);
          adoptLimits();
        },
      };
    },
    postsPerSecond: (limit) => limit * rate.share(),
    isCongested: () => rate.share() < 1,
  };
}

/** While both wait, one in so many released calls is a retry. */
const RETRY_EVERY = 4;

/** Calls that wait to start. First tries have priority, so that a throttled connection does not hold up the others. */
interface WaitingCalls<Release> {
  /** Adds a call, and resolves when it is released. */
  add(isRetry: boolean): Promise<Release>;
  /** Whether any call waits. */
  hasAny(): boolean;
  /** Whether a first try waits. */
  hasFirstTry(): boolean;
  /** Releases the next call with this value. */
  release(value: Release): void;
}

export function waitingCalls<Release>(): WaitingCalls<Release> {
  const firstTries: ((value: Release) => void)[] = [];
  const retries: ((value: Release) => void)[] = [];
  let released = 0;
  return {
    add: (isRetry) => new Promise((resolve) => void (isRetry ? retries : firstTries).push(resolve)),
    hasAny: () => firstTries.length > 0 || retries.length > 0,
    hasFirstTry: () => firstTries.length > 0,
    release(value) {
      released += 1;
      const isRetryNext = firstTries.length === 0 || (retries.length > 0 && released % RETRY_EVERY === 0);
      (isRetryNext ? retries : firstTries).shift()?.(value);
    },
  };
}

/** Calls in flight at a time. With more, the first delivery takes ten times as long, and the last is no faster. */
const MAX_QUICK_CALLS = 128;
/** A call that takes longer no longer counts as quick, so that connections that hang do not hold up the others. */
const SLOW_AFTER_MS = 250;
/** Quick and slow calls together. Each has a socket, and a function may open 1,024 files. */
export const MAX_CALLS_IN_FLIGHT = 512;

interface CallInFlight {
  startedAt: number;
}

/** Limits the calls to API Gateway that are in flight. */
interface CallsInFlight {
  /** Milliseconds until a call may start: 0 if one may now, Infinity if another call must end first. */
  untilFree(): number;
  start(): CallInFlight;
  end(call: CallInFlight): void;
}

function callsInFlight(clock: Clock): CallsInFlight {
  // Sets keep the order in which calls started: the first quick call is the next to become slow.
  const quick = new Set<CallInFlight>();
  const slow = new Set<CallInFlight>();
  return {
    untilFree() {
      if (quick.size + slow.size >= MAX_CALLS_IN_FLIGHT) return Number.POSITIVE_INFINITY;
      if (quick.size < MAX_QUICK_CALLS) return 0;
      const [oldest] = quick;
      if (oldest === undefined) return 0;
      const remaining = oldest.startedAt + SLOW_AFTER_MS - clock();
      if (remaining > 0) return remaining;
      quick.delete(oldest);
      slow.add(oldest);
      return 0;
    },
    start() {
      const call = { startedAt: clock() };
      quick.add(call);
      return call;
    },
    end(call) {
      if (!quick.delete(call)) slow.delete(call);
    },
  };
}
