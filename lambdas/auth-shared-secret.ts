import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { cachedSecret, verifyWithSharedSecret } from '../lib/auth/shared-secret.ts';
import { parseSettingsOf } from '../lib/auth/token-settings.ts';
import { readEnvironment } from '../lib/config/functions.ts';
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
