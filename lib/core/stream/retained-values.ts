import { forEachConcurrently } from '../concurrently.ts';
import type { Cursor, LoggedEvent, RetainedValue, RoomLog } from '../room-log.ts';
import { isEnd } from './conflate.ts';
import {
  CURSOR_TTL_MS,
  epochSeconds,
  RENEW_VALUES_MS,
  RETAINED_VALUE_TTL_MS,
  TOMBSTONE_TTL_MS,
} from './cursor.ts';

/** So many a call of DynamoDB reads. */
const KEYS_A_CALL = 100;

/** What is known of the states of these events. */
export async function retainedValuesOf(
  store: Pick<RoomLog, 'readRetainedValues'>,
  roomId: string,
  { epoch }: Cursor,
  events: readonly LoggedEvent[],
): Promise<RetainedValue[]> {
  const keys = [...new Set(events.flatMap(({ key }) => key ?? []))];
  const calls = Array.from({ length: Math.ceil(keys.length / KEYS_A_CALL) }, (_, call) =>
    store.readRetainedValues(roomId, epoch, keys.slice(call * KEYS_A_CALL, (call + 1) * KEYS_A_CALL)),
  );
  return (await Promise.all(calls)).flat();
}

/** Keeps what was sent as the retained value of its state; of one that is over, that it is over. */
export async function keepRetainedValues(
  store: Pick<RoomLog, 'putRetainedValue'>,
  roomId: string,
  { epoch }: Cursor,
  sent: readonly LoggedEvent[],
  now: number,
): Promise<void> {
  const values = sent.flatMap((event) => (event.key === undefined ? [] : { ...event, key: event.key }));
  await Promise.all(values.map((value) => store.putRetainedValue(roomId, epoch, lasting(value, now))));
}

function lasting(value: RetainedValue, now: number): RetainedValue {
  return isEnd(value)
    ? { ...value, data: 'null', ttl: epochSeconds(now + TOMBSTONE_TTL_MS) }
    : { ...value, ttl: epochSeconds(now + RETAINED_VALUE_TTL_MS) };
}

/** Whether it is time to renew the retained values of a room. */
export function isRenewalDue({ valuesRenewedAt = 0 }: Cursor, now: number): boolean {
  return now >= valuesRenewedAt + RENEW_VALUES_MS;
}

/** Written at a time: the room waits meanwhile, and its partition has other work. */
const VALUES_AT_A_TIME = 20;

/**
 * Renews the retained values that would not outlive the room by enough: of a state that nobody publishes, one write in three
 * to four weeks. A value that has changed meanwhile is newer, and stays. Ends of states are not renewed.
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
    const aged = values.filter((value) => value.ttl < soon && !isEnd(value));
    await forEachConcurrently(aged, VALUES_AT_A_TIME, (value) =>
      store.putRetainedValue(roomId, epoch, lasting(value, now)),
    );
    from = next;
  } while (from !== undefined);
}
