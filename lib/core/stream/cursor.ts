import { EPOCH_LENGTH } from '../../protocol/event-frame.ts';
import type { Clock, Random } from '../ports.ts';
import type { Head, RoomLog } from '../room-log.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** How long a room keeps its epoch, and so the last values of its states, after its last event. */
export const HEAD_TTL_MS = 30 * DAY_MS;
/** How often a room that gets events has the last values of its states renewed that have lived long. */
export const RENEW_VALUES_MS = 7 * DAY_MS;
/**
 * How long a last value lives that is not renewed. Whenever a room gets an event, none of its values ends before its head:
 * the last renewal was `RENEW_VALUES_MS` ago at most, and left no value with less than that and `HEAD_TTL_MS` to live.
 */
export const LAST_VALUE_TTL_MS = 60 * DAY_MS;
/** A service may send an update of a closed position this late, and it is still known to be late. */
export const TOMBSTONE_TTL_MS = DAY_MS;

export const epochSeconds = (milliseconds: number): number => Math.ceil(milliseconds / 1000);

/** The head of a room that has none: a new epoch, that no client can have a position of. */
export function newHead({ clock, random }: { clock: Clock; random: Random }): Head {
  const now = clock();
  const digits = Math.floor(random() * 2 ** 32).toString(36);
  const epoch = `${now.toString(36)}${digits}`.slice(0, EPOCH_LENGTH);
  return {
    epoch,
    seq: 0,
    sent: 0,
    flushed: 0,
    flushedAt: 0,
    flushMs: 0,
    lastSequenceNumber: '',
    valuesRenewedAt: now,
    ttl: epochSeconds(now + HEAD_TTL_MS),
  };
}

/**
 * The head of a room, made where there is none: a client that joins before the first event has a position, too, from
 * which it can recover.
 */
export async function headOf(
  deps: { store: Pick<RoomLog, 'readHead' | 'createHead'>; clock: Clock; random: Random },
  roomId: string,
): Promise<Head> {
  const head = await deps.store.readHead(roomId);
  if (head !== undefined) return head;
  const made = newHead(deps);
  if (await deps.store.createHead(roomId, made)) return made;
  // Another was faster, a moment ago.
  const others = await deps.store.readHead(roomId);
  if (others === undefined) throw new Error('the head of a room is neither there nor absent');
  return others;
}
