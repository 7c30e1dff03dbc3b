import * as v from 'valibot';
import { roomIdSchema } from '../protocol/room-id.ts';

/** The room ids reach the functions in a variable, and Lambda has 4 KB for all of them. */
const MOST = 10;

/** Returns the rooms. Throws a sentence where one can be no room, or there are too many. */
export function checkTracedRooms(rooms: readonly string[]): readonly string[] {
  const wrong = rooms.find((room) => room !== '*' && !v.is(roomIdSchema, room));
  if (wrong !== undefined)
    throw new Error(`tracedRooms: expected room ids, or * for all, not ${JSON.stringify(wrong)}`);
  if (rooms.length <= MOST) return rooms;
  throw new Error(`tracedRooms: expected at most ${MOST} rooms, or * for all, not ${rooms.length}`);
}
