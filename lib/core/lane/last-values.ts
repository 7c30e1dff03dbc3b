import type { Head, LastValue, LoggedEvent, RoomLog } from '../room-log.ts';
import { isEnd } from './conflate.ts';
import { epochSeconds, HEAD_TTL_MS, TOMBSTONE_TTL_MS } from './head.ts';

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
    : { ...value, ttl: epochSeconds(now + HEAD_TTL_MS) };
}
