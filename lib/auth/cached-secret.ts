import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Clock } from '../core/ports.ts';

/** A rotated secret is in force everywhere after this time. */
const SECRET_LIFETIME_MS = 5 * 60 * 1000;

/**
 * Reads a secret string from Secrets Manager at most every five minutes. Rejects when it cannot be read or is empty;
 * an old value is not used beyond its time.
 */
export function cachedSecret(
  client: Pick<SecretsManagerClient, 'send'>,
  secretId: string,
  clock: Clock,
): () => Promise<string> {
  let cached: { secret: Promise<string>; until: number } | undefined;
  return () => {
    if (cached !== undefined && clock() < cached.until) return cached.secret;
    const secret = readSecret(client, secretId);
    cached = { secret, until: clock() + SECRET_LIFETIME_MS };
    // A failure is not kept: the next token tries again.
    secret.catch(() => {
      cached = undefined;
    });
    return secret;
  };
}

async function readSecret(client: Pick<SecretsManagerClient, 'send'>, secretId: string): Promise<string> {
  const { SecretString: secret } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
  if (!secret) throw new Error('the secret in Secrets Manager is empty; store it as a secret string');
  return secret;
}
