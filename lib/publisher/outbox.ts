import { backoff } from '../options/backoff.ts';
import type { Time } from '../options/time.ts';
import { MAX_CLOCK_DISTANCE_MS } from '../protocol/limits.ts';
import type { EntryFailure, PutEvents } from './put-events.ts';
import type { PreparedEvent } from './room-event.ts';

/** The final state of an event. */
export type Outcome =
  | { status: 'published' }
  /** A newer value of the same state was sent instead; see `room-rate-limiter.ts`. */
  | { status: 'superseded' }
  | { status: 'failed'; code: string; message: string };

/** An event on its way to EventBridge; `settle` is called once with its outcome. */
export interface OutgoingEvent {
  event: PreparedEvent;
  settle: (outcome: Outcome) => void;
}

/** Sends events, up to ten per call: those of one room one after the other, those of different rooms in parallel. */
interface Outbox {
  add(outgoing: OutgoingEvent): void;
  /** How many events have no outcome yet. */
  readonly size: number;
}

interface OutboxOptions {
  put: PutEvents;
  time: Time;
  random: () => number;
  /** Bytes per entry that EventBridge counts in addition to `DetailType` and `Detail`. */
  overheadBytes: number;
  /** Milliseconds after which an event that EventBridge did not take is given up. */
  giveUpAfterMs: number;
}

interface Queued extends OutgoingEvent {
  roomId: string;
  bytes: number;
  giveUpAt: number;
  attempts: number;
}

/**
 * The longest that an event is retried, whatever `giveUpAfterMs` says: the ingest refuses an event that was published more
 * than a day ago. The hour is for the retry that is under way and for clocks that differ.
 */
const MAX_RETRY_MS = MAX_CLOCK_DISTANCE_MS - 60 * 60 * 1000;

const MAX_CALLS = 4;
const BACKOFF = { minBackoffMs: 100, maxBackoffMs: 5_000 };

export function createOutbox({ put, time, random, overheadBytes, giveUpAfterMs }: OutboxOptions): Outbox {
  let queue: Queued[] = [];
  const busy = new Set<string>();
  let calls = 0;
  let size = 0;
  let isScheduled = false;

  /** Sends in a microtask, so that events published in one task share calls. */
  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    queueMicrotask(() => {
      isScheduled = false;
      while (calls < MAX_CALLS && queue.length > 0) {
        const batch = takeBatch(queue, busy);
        if (batch.length === 0) return;
        void send(batch);
      }
    });
  }

  async function send(batch: Queued[]): Promise<void> {
    calls += 1;
    for (const { roomId } of batch) busy.add(roomId);
    const failures = await put(batch.map(({ event }) => event));
    calls -= 1;
    const retried = batch.filter((queued, index) => !isSettled(queued, failures[index]));
    const rooms = new Set(retried.map(({ roomId }) => roomId));
    for (const { roomId } of batch) if (!rooms.has(roomId)) busy.delete(roomId);
    retryLater(retried, rooms);
    schedule();
  }

  function isSettled(queued: Queued, failure: EntryFailure | undefined): boolean {
    if (failure?.isRetryable && time.now() < queued.giveUpAt) return false;
    settle(queued, failure);
    if (failure?.isRetryable) giveUpExpired(queued.roomId, failure);
    return true;
  }

  function settle(queued: Queued, failure: EntryFailure | undefined): void {
    size -= 1;
    const { code = '', message = '' } = failure ?? {};
    queued.settle(failure ? { status: 'failed', code, message } : { status: 'published' });
  }

  /** Gives up all events of the room whose time is over, so that a shutdown does not wait for an attempt of each. */
  function giveUpExpired(room: string, failure: EntryFailure): void {
    const now = time.now();
    const isLate = ({ roomId, giveUpAt }: Queued) => roomId === room && giveUpAt <= now;
    for (const queued of queue.filter(isLate)) settle(queued, failure);
    queue = queue.filter((queued) => !isLate(queued));
  }

  /** Retries after a random delay. Until then the rooms stay busy, so that no later event overtakes these. */
  function retryLater(retried: Queued[], rooms: Set<string>): void {
    if (retried.length === 0) return;
    for (const queued of retried) queued.attempts += 1;
    const attempts = Math.max(...retried.map((queued) => queued.attempts));
    time.after(backoff(attempts, { ...BACKOFF, random }), () => {
      queue.unshift(...retried);
      for (const roomId of rooms) busy.delete(roomId);
      schedule();
    });
  }

  return {
    get size() {
      return size;
    },
    add(outgoing) {
      const { roomId, type, detail } = outgoing.event;
      const bytes = overheadBytes + Buffer.byteLength(type) + Buffer.byteLength(detail);
      queue.push({
        ...outgoing,
        roomId,
        bytes,
        giveUpAt: time.now() + Math.min(giveUpAfterMs, MAX_RETRY_MS),
        attempts: 0,
      });
      size += 1;
      schedule();
    },
  };
}

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
export const MAX_ENTRIES = 10;
/** A request must be smaller than 1 MB. */
export const MAX_BYTES = 1024 * 1024 - 1;

/** The part of a queued event that decides on its batch. */
interface Batchable {
  roomId: string;
  /** The size as EventBridge counts it: `Source`, `DetailType` and `Detail` in UTF-8. */
  bytes: number;
}

/**
 * Removes the events of the next call from the queue: the first events whose rooms are not `busy`, up to the limits of a call.
 * Events of one room keep their order.
 */
export function takeBatch<Event extends Batchable>(queue: Event[], busy: ReadonlySet<string>): Event[] {
  const batch: Event[] = [];
  let left = 0;
  let bytes = 0;
  let isFull = false;
  for (const event of queue) {
    isFull ||= batch.length === MAX_ENTRIES || (bytes + event.bytes > MAX_BYTES && !busy.has(event.roomId));
    if (isFull || busy.has(event.roomId)) {
      // Compacts the array in place, because the queue may be long.
      queue[left] = event;
      left += 1;
    } else {
      batch.push(event);
      bytes += event.bytes;
    }
  }
  queue.length = left;
  return batch;
}
