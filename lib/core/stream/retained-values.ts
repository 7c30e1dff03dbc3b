import { forEachConcurrently } from '../concurrently.ts';
import {
  type Cursor,
  type LoggedEvent,
  MAX_STATES_A_READ,
  type RetainedValue,
  type RoomLog,
} from '../room-log.ts';
import { isEnd, isOfItsState } from './conflate.ts';
import {
  CURSOR_TTL_MS,
  epochSeconds,
  RENEW_VALUES_MS,
  RETAINED_VALUE_TTL_MS,
  TOMBSTONE_TTL_MS,
} from './cursor.ts';

/** The retained values of the states of these events. */
export async function retainedValuesOf(
  store: Pick<RoomLog, 'readRetainedValues'>,
  roomId: string,
  { epoch }: Cursor,
  events: readonly LoggedEvent[],
): Promise<RetainedValue[]> {
  const keys = [...new Set(events.flatMap(({ key }) => key ?? []))];
  const calls = Array.from({ length: Math.ceil(keys.length / MAX_STATES_A_READ) }, (_, call) =>
    store.readRetainedValues(
      roomId,
      epoch,
      keys.slice(call * MAX_STATES_A_READ, (call + 1) * MAX_STATES_A_READ),
    ),
  );
  return (await Promise.all(calls)).flat();
}

/** Saves sent events as the retained values of their states. For a state that has ended, saves that it has ended. */
export async function keepRetainedValues(
  store: Pick<RoomLog, 'putRetainedValue'>,
  roomId: string,
  { epoch }: Cursor,
  sent: readonly LoggedEvent[],
  now: number,
): Promise<void> {
  const values = sent.flatMap((event) => (event.key === undefined ? [] : { ...event, key: event.key }));
  await Promise.all(values.map((value) => store.putRetainedValue(roomId, epoch, rowOf(value, now))));
}

function rowOf(value: RetainedValue, now: number): RetainedValue {
  return isEnd(value)
    ? { ...value, data: 'null', ttl: epochSeconds(now + TOMBSTONE_TTL_MS) }
    : { ...value, ttl: epochSeconds(now + RETAINED_VALUE_TTL_MS) };
}

/** Whether the TTLs of a room's retained values must be extended. */
export function isRenewalDue({ valuesRenewedAt = 0 }: Cursor, now: number): boolean {
  return now >= valuesRenewedAt + RENEW_VALUES_MS;
}

/** Values written at a time. The room waits for them, and its partition serves other calls at the same time. */
const VALUES_AT_ONCE = 20;

/**
 * Extends the TTLs of retained values that would not outlive the cursor by `RENEW_VALUES_MS`: for a state without new
 * events, one write in three to four weeks. A value that changed since it was read stays, because it is newer. Ended
 * states are not renewed, nor values that an older release retained for a type that has no state any more.
 */
export async function renewRetainedValues(
  store: Pick<RoomLog, 'readAllRetainedValues' | 'putRetainedValue'>,
  roomId: string,
  { epoch }: Cursor,
  now: number,
): Promise<void> {
  const soon = epochSeconds(now + CURSOR_TTL_MS + RENEW_VALUES_MS);
  let from: string | undefined;
  do {
    const { values, next } = await store.readAllRetainedValues(roomId, epoch, from);
    const aged = values.filter((value) => value.ttl < soon && isOfItsState(value) && !isEnd(value));
    await forEachConcurrently(aged, VALUES_AT_ONCE, (value) =>
      store.putRetainedValue(roomId, epoch, rowOf(value, now)),
    );
    from = next;
  } while (from !== undefined);
}
