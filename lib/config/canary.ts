import type { TokenSettingsInput } from '../auth/token-settings.ts';
import { tokenDefaults } from '../auth/user.ts';
import type { TokenSource } from '../canary/tokens.ts';

/** The canary's user, and a room in which nobody else is. */
export const CANARY = 'canary';

/** When the canary runs: by EventBridge Scheduler, which invokes it asynchronously. */
export const canarySchedule = {
  name: CANARY,
  function: 'canary',
  everyMinutes: 1,
  /** The next run is there before the first retry would be, and two at a time would be in each other's way. */
  maximumRetryAttempts: 0,
  /** Of an invocation that could not be made, in EventBridge Scheduler and in Lambda. */
  maximumEventAgeSeconds: 60,
  /** Gets invocations that could not be made, and runs that crashed or took too long. */
  deadLetterQueue: 'canary-dead-letters',
} as const;

/**
 * How the canary comes by a token. Where tokens are signed with a secret, it signs its own. Of other issuers it can only
 * be given one, or credentials for one.
 */
export function tokenSource(tokens: TokenSettingsInput, canarySecretId: string | undefined): TokenSource {
  if (canarySecretId !== undefined) return { from: 'canary-secret', secretId: canarySecretId };
  if (tokens.mode !== 'shared-secret') return { from: 'nowhere' };
  const { secretId, issuer, audience, userIdClaim = tokenDefaults.userIdClaim } = tokens;
  return {
    from: 'jwt-secret',
    secretId,
    userIdClaim,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  };
}
