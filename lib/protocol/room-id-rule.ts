import { MAX_ROOM_ID_LENGTH } from './limits.ts';

// No `#`, no space, no control character: a room id is part of a table key and of log lines.
const pattern = () => new RegExp(`^[A-Za-z0-9_.:-]{1,${MAX_ROOM_ID_LENGTH}}$`);

// `@__PURE__`: left out of a page that does not use it.
export const ROOM_ID = /* @__PURE__ */ pattern();

const sentence = () =>
  `a room id is 1 to ${MAX_ROOM_ID_LENGTH} characters of A-Z a-z 0-9 _ - . : or a non-negative integer`;

export const expectedRoomId = /* @__PURE__ */ sentence();

/**
 * Whether the server takes this for a room's id. The same rule as `roomIdSchema`, for pages, which have no schemas. An
 * integer beyond 2^53 may be another one than was written.
 */
export function isRoomId(value: unknown): value is string | number {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0;
  return typeof value === 'string' && ROOM_ID.test(value);
}
