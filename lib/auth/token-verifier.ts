import type { Clock, VerifyToken } from '../core/ports.ts';
import { NotAskedYet } from './asking-again.ts';
import { type RoomAccess, userOfClaims } from './user-of-claims.ts';
import type { VerifyClaims } from './verify-claims.ts';

/** Makes users of the tokens that `verifyClaims` lets through. */
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
      if (error instanceof NotAskedYet) return { ok: false, reason: error.message, mayComeAgain: true };
      throw error;
    }
  };
}
