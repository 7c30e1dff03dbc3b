import * as v from 'valibot';
import type { User } from '../core/connection/connection.ts';
import type { Clock, VerifyToken } from '../core/ports.ts';
import { roomIdSchema } from '../protocol/room-id.ts';

/** A token verifier that checks a token with `verifyClaims` and makes a user of its claims. */
export function createTokenVerifier(
  verifyClaims: VerifyClaims,
  settings: { userIdClaim: string; roomAccess: RoomAccess },
  clock: Clock,
): VerifyToken {
  return async (token) => {
    try {
      const verified = await verifyClaims(token);
      return verified.ok ? userOfClaims(verified.claims, settings, clock()) : verified;
    } catch (error) {
      if (error instanceof TokenNotChecked) return { ok: false, reason: error.message, isRetryable: true };
      throw error;
    }
  };
}

/** `open`: every authenticated user may join every room. `claim`: the token's `rooms` claim lists them, `*` is all. */
export type RoomAccess = 'open' | 'claim';

/** Reads ROOM_ACCESS. Throws a sentence on any other value, because a typing error must not open the rooms. */
export function parseRoomAccess(setting: string): RoomAccess {
  if (setting === 'open' || setting === 'claim') return setting;
  throw new Error(
    'ROOM_ACCESS: expected "open" (every user may join every room) or "claim" (the rooms claim decides)',
  );
}

/** What token settings are if the configuration does not give them. */
export const tokenDefaults = { userIdClaim: 'sub', tokenUse: 'access' } as const;

type ClaimsResult = { ok: true; user: User } | { ok: false; reason: string };

const MAX_USER_ID_LENGTH = 256;
// The list is stored in the connection's row, which every message of the client rewrites.
const MAX_ROOMS_IN_CLAIM = 500;
const roomsClaimSchema = v.pipe(
  v.array(v.union([v.literal('*'), roomIdSchema])),
  v.maxLength(MAX_ROOMS_IN_CLAIM),
);
/** How far `iat` and `nbf` may be in the future, because the issuer's clock may be ahead of ours. */
export const MAX_CLOCK_SKEW_SECONDS = 60;
/** An `exp` of this or more is in milliseconds, and its token would never expire. As seconds it is the year 33658. */
const LATEST_EXP_SECONDS = 1e12;

/**
 * Makes a user of the claims of a token whose signature, issuer and audience are verified. Refuses four kinds of tokens
 * that the libraries accept: without `exp`; with `exp` in milliseconds; issued in the future; and just expired, because
 * the libraries give `exp` the tolerance of `nbf`. `now` is in epoch milliseconds.
 */
export function userOfClaims(
  claims: Record<string, unknown>,
  settings: { userIdClaim: string; roomAccess: RoomAccess },
  now: number,
): ClaimsResult {
  const { exp, iat } = claims;
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return refuse('no exp claim');
  if (exp >= LATEST_EXP_SECONDS) return refuse('an exp claim that is not in seconds');
  const tokenExpiresAt = Math.floor(exp * 1000);
  if (tokenExpiresAt <= now) return refuse('expired');
  if (typeof iat === 'number' && iat > now / 1000 + MAX_CLOCK_SKEW_SECONDS)
    return refuse('issued in the future');

  const userId = userIdOf(claims[settings.userIdClaim]);
  if (userId === undefined) return refuse(`no user id in the ${settings.userIdClaim} claim`);
  const allowedRooms = settings.roomAccess === 'open' ? '*' : roomsOf(claims['rooms']);
  if (allowedRooms === undefined)
    return refuse(`the rooms claim is not a list of at most ${MAX_ROOMS_IN_CLAIM} room ids`);
  return { ok: true, user: { userId, tokenExpiresAt, allowedRooms } };
}

function refuse(reason: string): ClaimsResult {
  return { ok: false, reason };
}

function userIdOf(claim: unknown): string | undefined {
  const userId = Number.isSafeInteger(claim) ? String(claim) : claim;
  if (typeof userId !== 'string' || userId === '' || userId.length > MAX_USER_ID_LENGTH) return undefined;
  // It is stored in rows and compared with them. DynamoDB would return half a surrogate pair as another character.
  return userId.isWellFormed() ? userId : undefined;
}

function roomsOf(claim: unknown): User['allowedRooms'] | undefined {
  if (claim === undefined) return [];
  const rooms = v.safeParse(roomsClaimSchema, typeof claim === 'string' ? [claim] : claim);
  if (!rooms.success) return undefined;
  return rooms.output.includes('*') ? '*' : rooms.output.map(String);
}

/**
 * Checks signature, issuer, audience and time of a token. Rejects only if the key or the secret cannot be fetched, with
 * `TokenNotChecked` if it may be fetched in a moment. May accept a token up to `MAX_CLOCK_SKEW_SECONDS` after its expiry:
 * `userOfClaims` checks the expiry.
 */
export type VerifyClaims = (
  token: string,
) => Promise<{ ok: true; claims: Record<string, unknown> } | { ok: false; reason: string }>;

/**
 * Thrown if the key or the secret of a token may be new, but may not be fetched yet. The token is neither accepted nor
 * refused; the client may send it again.
 */
export class TokenNotChecked extends Error {
  override readonly name = 'TokenNotChecked';
}

/** Allows `burst` calls at once, and one more every `intervalMs`. */
export interface RateLimit {
  burst: number;
  intervalMs: number;
}

/** A function that returns whether a call is allowed now. `true` uses up one call of the limit. */
export function createRateLimiter({ burst, intervalMs }: RateLimit, clock: Clock): () => boolean {
  const mostMs = burst * intervalMs;
  let creditMs = mostMs;
  let countedAt = clock();
  return () => {
    const now = clock();
    // A clock that was set back neither adds nor removes credit.
    creditMs = Math.min(mostMs, creditMs + Math.max(0, now - countedAt));
    countedAt = now;
    if (creditMs < intervalMs) return false;
    creditMs -= intervalMs;
    return true;
  };
}
