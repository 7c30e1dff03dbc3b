import { forEachConcurrently } from '../concurrently.ts';
import type { Head, LastValue, LoggedEvent, RoomLog } from '../room-log.ts';
import { isEnd } from './conflate.ts';
import { epochSeconds, HEAD_TTL_MS, LAST_VALUE_TTL_MS, RENEW_VALUES_MS, TOMBSTONE_TTL_MS } from './cursor.ts';

/** So many a call of DynamoDB reads. */
const KEYS_A_CALL = 100;

/** What is known of the states of these events. */
export async function lastValuesOf(
  store: Pick<RoomLog, 'readLastValues'>,
  roomId: string,
  { epoch }: Head,
  events: readonly LoggedEvent[],
): Promise<LastValue[]> {
  const keys = [...new Set(events.flatMap(({ key }) => key ?? []))];
  const calls = Array.from({ length: Math.ceil(keys.length / KEYS_A_CALL) }, (_, call) =>
    store.readLastValues(roomId, epoch, keys.slice(call * KEYS_A_CALL, (call + 1) * KEYS_A_CALL)),
  );
  return (await Promise.all(calls)).flat();
}

/** Keeps what was sent as the last value of its state; of one that is over, that it is over. */
export async function keepLastValues(
  store: Pick<RoomLog, 'putLastValue'>,
  roomId: string,
  { epoch }: Head,
  sent: readonly LoggedEvent[],
  now: number,
): Promise<void> {
  const values = sent.flatMap((event) => (event.key === undefined ? [] : { ...event, key: event.key }));
  await Promise.all(values.map((value) => store.putLastValue(roomId, epoch, lasting(value, now))));
}

function lasting(value: LastValue, now: number): LastValue {
  return isEnd(value)
    ? { ...value, data: 'null', ttl: epochSeconds(now + TOMBSTONE_TTL_MS) }
    : { ...value, ttl: epochSeconds(now + LAST_VALUE_TTL_MS) };
}

/** Whether it is time to renew the last values of a room. */
export function isRenewalDue({ valuesRenewedAt = 0 }: Head, now: number): boolean {
  return now >= valuesRenewedAt + RENEW_VALUES_MS;
}

/** Written at a time: the room waits meanwhile, and its partition has other work. */
const VALUES_AT_A_TIME = 20;

/**
 * Renews the last values that would not outlive the room by enough: of a state that nobody publishes, one write in three
 * to four weeks. A value that has changed meanwhile is newer, and stays. Ends of states are not renewed.
 */
export async function renewLastValues(
  store: Pick<RoomLog, 'readAllLastValues' | 'putLastValue'>,
  roomId: string,
  { epoch }: Head,
  now: number,
): Promise<void> {
  const soon = epochSeconds(now + HEAD_TTL_MS + RENEW_VALUES_MS);
  let from: string | undefined;
  do {
    const { values, next } = await store.readAllLastValues(roomId, epoch, from);
    const aged = values.filter((value) => value.ttl < soon && !isEnd(value));
    await forEachConcurrently(aged, VALUES_AT_A_TIME, (value) =>
      store.putLastValue(roomId, epoch, lasting(value, now)),
    );
    from = next;
  } while (from !== undefined);
}
