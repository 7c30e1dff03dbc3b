import * as v from 'valibot';
import { expectedRoomId as expected, ROOM_ID } from './room-id-rule.ts';

/** A room id as people send it: a string, or a number that means the same as its decimal string. */
export const roomIdSchema = v.union(
  [
    v.pipe(v.string(), v.regex(ROOM_ID, expected)),
    v.pipe(v.number(), v.safeInteger(expected), v.minValue(0, expected)),
  ],
  expected,
);

export type RoomIdInput = v.InferOutput<typeof roomIdSchema>;

/** The one form under which a room is stored, compared and published: `42` and `"42"` are the same room. */
export function canonicalRoomId(roomId: RoomIdInput): string {
  return String(roomId);
}

/** The names and JSON types with which the client named the room; answers repeat them. */
export type RoomEcho = { roomId?: RoomIdInput; bullPenId?: RoomIdInput };

export interface RoomReference {
  roomId: string;
  echo: RoomEcho;
}

/**
 * The room of a message: `roomId`, or `bullPenId` as the existing frontend calls it.
 * Both may be given when they name the same room.
 */
export const roomReferenceSchema = v.pipe(
  v.looseObject({ roomId: v.optional(roomIdSchema), bullPenId: v.optional(roomIdSchema) }),
  v.check(
    (data) => data.roomId !== undefined || data.bullPenId !== undefined,
    `roomId is missing: ${expected}`,
  ),
  v.check(
    ({ roomId, bullPenId }) =>
      roomId === undefined ||
      bullPenId === undefined ||
      canonicalRoomId(roomId) === canonicalRoomId(bullPenId),
    'roomId and bullPenId name different rooms: give one of them',
  ),
  v.transform(({ roomId, bullPenId }): RoomReference => {
    const echo: RoomEcho = {};
    if (roomId !== undefined) echo.roomId = roomId;
    if (bullPenId !== undefined) echo.bullPenId = bullPenId;
    return { roomId: canonicalRoomId(roomId ?? bullPenId ?? ''), echo };
  }),
);
