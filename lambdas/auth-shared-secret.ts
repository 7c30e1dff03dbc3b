import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { cachedSecret } from '../lib/auth/cached-secret.ts';
import { parseSettingsOf } from '../lib/auth/token-settings.ts';
import { verifyWithSharedSecret } from '../lib/auth/verify-with-shared-secret.ts';
import { readEnvironment } from '../lib/config/environment.ts';
import { clientOptions } from '../lib/lambda/client-options.ts';
import { onAuth } from '../lib/lambda/on-auth.ts';

const environment = readEnvironment('auth');
const settings = parseSettingsOf(environment.TOKEN_SETTINGS, 'shared-secret');
const readSecret = cachedSecret(new SecretsManagerClient(clientOptions), settings.secretId, Date.now);

export const handler = onAuth(
  environment,
  settings.userIdClaim,
  verifyWithSharedSecret(settings, readSecret, Date.now),
);
