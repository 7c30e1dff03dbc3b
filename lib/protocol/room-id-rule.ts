import { MAX_ROOM_ID_LENGTH } from './limits.ts';

// No `#`, no space and no control character, because a room id is part of table keys and of log lines.
const pattern = () => new RegExp(`^[A-Za-z0-9_.:-]{1,${MAX_ROOM_ID_LENGTH}}$`);

// `@__PURE__`: a bundler leaves it out if it is not used.
export const ROOM_ID = /* @__PURE__ */ pattern();

const sentence = () =>
  `a room id is 1 to ${MAX_ROOM_ID_LENGTH} characters of A-Z a-z 0-9 _ - . : or a non-negative integer`;

export const expectedRoomId = /* @__PURE__ */ sentence();

/**
 * Whether the server accepts this value as a room id. The same rule as `roomIdSchema`, for browsers, which get no schemas.
 * False for an integer beyond 2^53, because it may differ from the one that was written.
 */
export function isRoomId(value: unknown): value is string | number {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0;
  return typeof value === 'string' && ROOM_ID.test(value);
}
