import { EPOCH_LENGTH } from '../../protocol/event-frame.ts';
import { coreError } from '../errors.ts';
import type { Clock, Random } from '../ports.ts';
import type { Cursor, RoomLog } from '../room-log.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** How long a room keeps its cursor, and with it its epoch and its retained values, after its last event. */
export const CURSOR_TTL_MS = 30 * DAY_MS;
/** How often a room that gets events extends the TTLs of its older retained values. */
export const RENEW_VALUES_MS = 7 * DAY_MS;
/**
 * How long a retained value lives without renewal. It always outlives the cursor of its room: each renewal leaves every
 * value at least `CURSOR_TTL_MS` + `RENEW_VALUES_MS` to live. An event within `RENEW_VALUES_MS` gives the cursor only
 * `CURSOR_TTL_MS` to live; a later event renews the values again.
 */
export const RETAINED_VALUE_TTL_MS = 60 * DAY_MS;
/** How long a closed position is remembered, so that late updates of it are ignored. */
export const TOMBSTONE_TTL_MS = DAY_MS;

export const epochSeconds = (milliseconds: number): number => Math.ceil(milliseconds / 1000);

/** The first cursor of a room, with a new epoch that no client has seen. */
function newCursor({ clock, random }: { clock: Clock; random: Random }): Cursor {
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
 * Reads the cursor of a room, and creates it if there is none, so that a client that joins before the first event has a
 * position to recover from. Throws if the cursor can be neither created nor read.
 */
export async function readOrCreateCursor(
  deps: { store: Pick<RoomLog, 'readCursor' | 'createCursor'>; clock: Clock; random: Random },
  roomId: string,
): Promise<Cursor> {
  const cursor = await deps.store.readCursor(roomId);
  if (cursor !== undefined) return cursor;
  const made = newCursor(deps);
  if (await deps.store.createCursor(roomId, made)) return made;
  // Another writer created it since the first read.
  const existing = await deps.store.readCursor(roomId);
  if (existing === undefined)
    throw coreError(
      'CursorNotRead',
      'expected a cursor: it could not be created because one exists, but none was read',
    );
  return existing;
}

/** The error of a writer whose cursor is out of date: another writer has moved it, and this one must stop. */
export function cursorConflict(): Error {
  return coreError('CursorMoved', 'expected the cursor as it was read, but another writer has moved it');
}
