import type { ClosingGuard } from '../core/ports.ts';
import { all, any } from './conditional-write.ts';

/*
 * Conditions of the connection's row, made of named clauses. `#x` is the attribute `x`, `:x` a value of the write;
 * what they say is decided in words by `core/refusal.ts`, which explains a write that was refused.
 */

export const exists = 'attribute_exists(#pk)';
// The SDK repeats a write whose answer was lost: its own row is no obstacle.
export const absentOrOwn = 'attribute_not_exists(#pk) OR #connectedAt = :connectedAt';
// DynamoDB deletes expired rows hours late; until then they are here, and count as absent.
const ttlNotPassed = '#ttl > :nowSeconds';
const notClosing = 'attribute_not_exists(#closing)';
const unauthenticated = 'attribute_not_exists(#userId)';
const tokenValid = any(unauthenticated, '#tokenExpiresAt > :now');
/** The connection may still speak. */
const open = all(exists, ttlNotPassed, notClosing, tokenValid);

const sameUser = any(unauthenticated, '#userId = :userId');
const noLaterAuth = any('attribute_not_exists(#authSentAt)', '#authSentAt <= :sentAt');

const roomUnknown = 'attribute_not_exists(#rooms.#room)';
const noLaterMessage = '#rooms.#room.#sentAt < :sentAt';
const sameMoment = '#rooms.#room.#sentAt = :sentAt';
const roomOff = '#rooms.#room.#on = :false';
const spaceToRemember = any('attribute_exists(#rooms.#room)', 'size(#rooms) < :maxRemembered');
const spaceToSubscribe = any(
  'attribute_not_exists(#subscribed)',
  'size(#subscribed) < :maxRooms',
  'contains(#subscribed, :roomId)',
);
const unchanged = '#version = :version';

export const mayAuthenticate = all(open, sameUser, noLaterAuth);

// Within one millisecond the subscribe wins, so an unsubscribe gives way to it.
export const mayTurnOn = all(
  open,
  any(roomUnknown, noLaterMessage, sameMoment),
  spaceToRemember,
  spaceToSubscribe,
);
export const mayTurnOff = all(
  open,
  any(roomUnknown, noLaterMessage, all(roomOff, sameMoment)),
  spaceToRemember,
);

/** Nothing has happened since the row was read. Not `open`: whoever looks again after a refusal must find a change. */
export const unchangedSinceRead = all(exists, unchanged);

const notYetClosing = all(exists, ttlNotPassed, notClosing);
export const mayClose: Record<ClosingGuard, string> = {
  always: notYetClosing,
  if_unauthenticated: all(notYetClosing, unauthenticated),
  if_token_expired: all(notYetClosing, '#tokenExpiresAt <= :now'),
};
