import type { Time } from '../options/time.ts';
import type { EntryFailure, PutEvents } from './put-events.ts';
import type { PreparedEvent } from './room-event.ts';

/** What became of an event. */
export type Outcome =
  | { status: 'published' }
  /** A newer value of the same state was sent instead; see `rateLimiter.ts`. */
  | { status: 'superseded' }
  | { status: 'failed'; code: string; message: string };

/** An event on its way. */
export interface OutgoingEvent {
  event: PreparedEvent;
  settle: (outcome: Outcome) => void;
}

/** Sends events: those of a room one after the other, those of different rooms side by side, up to ten in a call. */
interface Outbox {
  add(outgoing: OutgoingEvent): void;
  /** How many have not been settled. */
  readonly size: number;
}

interface OutboxOptions {
  put: PutEvents;
  time: Time;
  random: () => number;
  /** Bytes of what EventBridge counts beside `DetailType` and `Detail`. */
  overheadBytes: number;
  /** After so long an event that could not be put is given up. */
  giveUpAfterMs: number;
}

interface Queued extends OutgoingEvent {
  roomId: string;
  bytes: number;
  giveUpAt: number;
  attempts: number;
}

const MOST_CALLS = 4;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5_000;

export function createOutbox({ put, time, random, overheadBytes, giveUpAfterMs }: OutboxOptions): Outbox {
  let queue: Queued[] = [];
  const busy = new Set<string>();
  let calls = 0;
  let size = 0;
  let isScheduled = false;

  /** In a microtask: what is published at once goes together. */
  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    queueMicrotask(() => {
      isScheduled = false;
      while (calls < MOST_CALLS && queue.length > 0) {
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
    const again = batch.filter((queued, index) => !isSettled(queued, failures[index]));
    const rooms = new Set(again.map(({ roomId }) => roomId));
    for (const { roomId } of batch) if (!rooms.has(roomId)) busy.delete(roomId);
    retryLater(again, rooms);
    schedule();
  }

  function isSettled(queued: Queued, failure: EntryFailure | undefined): boolean {
    if (failure?.isRetryable && time.now() < queued.giveUpAt) return false;
    settle(queued, failure);
    if (failure?.isRetryable) giveUpBehind(queued.roomId, failure);
    return true;
  }

  function settle(queued: Queued, failure: EntryFailure | undefined): void {
    size -= 1;
    const { code = '', message = '' } = failure ?? {};
    queued.settle(failure ? { status: 'failed', code, message } : { status: 'published' });
  }

  /** What has waited as long behind a given-up event of its room goes with it: no shutdown waits for a try of each. */
  function giveUpBehind(room: string, failure: EntryFailure): void {
    const now = time.now();
    const isLate = ({ roomId, giveUpAt }: Queued) => roomId === room && giveUpAt <= now;
    for (const queued of queue.filter(isLate)) settle(queued, failure);
    queue = queue.filter((queued) => !isLate(queued));
  }

  /** Until then their rooms stay busy, so that nothing overtakes them. */
  function retryLater(again: Queued[], rooms: Set<string>): void {
    if (again.length === 0) return;
    for (const queued of again) queued.attempts += 1;
    const attempts = Math.max(...again.map((queued) => queued.attempts));
    time.after(random() * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempts), () => {
      queue.unshift(...again);
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
      queue.push({ ...outgoing, roomId, bytes, giveUpAt: time.now() + giveUpAfterMs, attempts: 0 });
      size += 1;
      schedule();
    },
  };
}

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
export const MOST_ENTRIES = 10;
/** Less than a megabyte. */
export const MOST_BYTES = 1024 * 1024 - 1;

/** An event that waits to be sent. */
export interface Waiting {
  roomId: string;
  /** As EventBridge counts: `Source`, `DetailType` and `Detail`, in UTF-8. */
  bytes: number;
}

/**
 * Takes out of the queue what the next call brings: the first events whose rooms are not `busy`, as many as one call may
 * have. So no event overtakes another of its room.
 */
export function takeBatch<Event extends Waiting>(queue: Event[], busy: ReadonlySet<string>): Event[] {
  const batch: Event[] = [];
  let left = 0;
  let bytes = 0;
  let isFull = false;
  for (const event of queue) {
    isFull ||= batch.length === MOST_ENTRIES || (bytes + event.bytes > MOST_BYTES && !busy.has(event.roomId));
    if (isFull || busy.has(event.roomId)) {
      // Moved up in place: the queue may be long.
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
