import { EPOCH_LENGTH } from '../../protocol/event-frame.ts';
import type { Clock, Random } from '../ports.ts';
import type { Cursor, RoomLog } from '../room-log.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** How long a room keeps its epoch, and so the retained values of its states, after its last event. */
export const CURSOR_TTL_MS = 30 * DAY_MS;
/** How often a room that gets events has the retained values of its states renewed that have lived long. */
export const RENEW_VALUES_MS = 7 * DAY_MS;
/**
 * How long a retained value lives that is not renewed. Whenever a room gets an event, none of its values ends before its cursor:
 * the last renewal was `RENEW_VALUES_MS` ago at most, and left no value with less than that and `CURSOR_TTL_MS` to live.
 */
export const RETAINED_VALUE_TTL_MS = 60 * DAY_MS;
/** A service may send an update of a closed position this late, and it is still known to be late. */
export const TOMBSTONE_TTL_MS = DAY_MS;

export const epochSeconds = (milliseconds: number): number => Math.ceil(milliseconds / 1000);

/** The cursor of a room that has none: a new epoch, that no client can have a position of. */
export function newCursor({ clock, random }: { clock: Clock; random: Random }): Cursor {
  const now = clock();
  const digits = Math.floor(random() * 2 ** 32).toString(36);
  const epoch = `${now.toString(36)}${digits}`.slice(0, EPOCH_LENGTH);
  return {
    epoch,
    seq: 0,
    lastFrameSeq: 0,
    deliveredSeq: 0,
    deliveredAt: 0,
    deliveryMs: 0,
    lastSequenceNumber: '',
    valuesRenewedAt: now,
    ttl: epochSeconds(now + CURSOR_TTL_MS),
  };
}

/**
 * The cursor of a room, made where there is none: a client that joins before the first event has a position, too, from
 * which it can recover.
 */
export async function readOrCreateCursor(
  deps: { store: Pick<RoomLog, 'readCursor' | 'createCursor'>; clock: Clock; random: Random },
  roomId: string,
): Promise<Cursor> {
  const cursor = await deps.store.readCursor(roomId);
  if (cursor !== undefined) return cursor;
  const made = newCursor(deps);
  if (await deps.store.createCursor(roomId, made)) return made;
  // Another was faster, a moment ago.
  const others = await deps.store.readCursor(roomId);
  if (others === undefined) throw new Error('the cursor of a room is neither there nor absent');
  return others;
}
