import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { errors, jwtVerify } from 'jose';
import type { Clock } from '../core/ports.ts';
import type { SettingsOf } from './token-settings.ts';
import {
  createRateLimiter,
  MAX_CLOCK_SKEW_SECONDS,
  type RateLimit,
  TokenNotChecked,
  type VerifyClaims,
} from './user.ts';

const WRONG_SIGNATURE = 'wrong signature';

/**
 * Verifies HS256 tokens, as the REST API signs them today. The algorithm is fixed; a token's header cannot choose it. If
 * the cached secret did not sign a token, the secret may have been rotated: it is read again before the token is refused.
 */
export function verifyWithSharedSecret(
  { issuer, audience }: Pick<SettingsOf<'shared-secret'>, 'issuer' | 'audience'>,
  readSecret: ReadSecret,
  clock: Clock,
): VerifyClaims {
  const verifyWith = async (secret: string, token: string): ReturnType<VerifyClaims> => {
    try {
      const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), {
        algorithms: ['HS256'],
        requiredClaims: ['exp'],
        currentDate: new Date(clock()),
        clockTolerance: MAX_CLOCK_SKEW_SECONDS,
        ...(issuer !== undefined && { issuer }),
        ...(audience !== undefined && { audience }),
      });
      return { ok: true, claims: payload };
    } catch (error) {
      if (error instanceof errors.JOSEError) return { ok: false, reason: reasonOf(error) };
      throw error;
    }
  };
  return async (token) => {
    const kept = await readSecret();
    const verified = await verifyWith(kept, token);
    if (verified.ok || verified.reason !== WRONG_SIGNATURE) return verified;
    const current = await readSecret(kept);
    return current === kept ? verified : verifyWith(current, token);
  };
}

function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `wrong or missing ${error.claim} claim`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return WRONG_SIGNATURE;
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm not allowed';
  return 'not a JWT';
}

/** After this time no function accepts tokens of a secret that was replaced. Milliseconds. */
const SECRET_LIFETIME_MS = 5 * 60 * 1000;

/**
 * How often one execution environment may read the secret, however many badly signed tokens arrive. Secrets Manager
 * accepts 10,000 reads a second and bills 0.05 USD for 10,000.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
 */
export const SECRET_READS: RateLimit = { burst: 100, intervalMs: 200 };

/**
 * Returns the secret. With `otherThan`, a cached secret with this value is read again; it may be the same afterwards.
 * Rejects if it cannot be read or is empty, and with `TokenNotChecked` if it was read too often.
 */
type ReadSecret = (otherThan?: string) => Promise<string>;

/** Reads a secret string from Secrets Manager and caches it for five minutes. Never returns an older value. */
export function cachedSecret(
  client: Pick<SecretsManagerClient, 'send'>,
  secretId: string,
  clock: Clock,
): ReadSecret {
  const mayRead = createRateLimiter(SECRET_READS, clock);
  let kept: { secret: string; until: number } | undefined;
  let reading: Promise<string> | undefined;

  async function read(): Promise<string> {
    if (!mayRead()) throw new TokenNotChecked('the secret was read too often and must wait');
    const until = clock() + SECRET_LIFETIME_MS;
    const secret = await readSecret(client, secretId);
    // After a failed read the cache is unchanged, and the next token reads again.
    kept = { secret, until };
    return secret;
  }

  return async (otherThan) => {
    if (kept !== undefined && clock() < kept.until && kept.secret !== otherThan) return kept.secret;
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
}

async function readSecret(client: Pick<SecretsManagerClient, 'send'>, secretId: string): Promise<string> {
  const { SecretString: secret } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
  if (!secret) throw new Error('the secret in Secrets Manager is empty; store it as a secret string');
  return secret;
}
