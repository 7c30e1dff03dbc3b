import * as v from 'valibot';
import { expectedRoomId as expected, ROOM_ID } from './room-id-rule.ts';

/** A room id as clients and services send it: a string, or a number that means the same as its decimal string. */
export const roomIdSchema = v.union(
  [
    v.pipe(v.string(), v.regex(ROOM_ID, expected)),
    v.pipe(v.number(), v.safeInteger(expected), v.minValue(0, expected)),
  ],
  expected,
);

export type RoomIdInput = v.InferOutput<typeof roomIdSchema>;

/** The form in which a room id is stored, compared and published: `42` and `"42"` are the same room. */
export function canonicalRoomId(roomId: RoomIdInput): string {
  return String(roomId);
}

/** The room in the fields and JSON types that the client used. Answers repeat it. */
export type RoomEcho = { roomId?: RoomIdInput; bullPenId?: RoomIdInput };

export interface RoomReference {
  roomId: string;
  echo: RoomEcho;
}

/**
 * The room of a message: `roomId`, or `bullPenId`, the name in the existing frontend. Both may be given if they name the
 * same room.
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
