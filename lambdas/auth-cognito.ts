import { parseSettingsOf } from '../lib/auth/token-settings.ts';
import { verifyWithCognito } from '../lib/auth/verify-with-keys.ts';
import { readEnvironment } from '../lib/config/functions.ts';
import { keysBeforeFirstToken, onAuth } from '../lib/lambda/on-auth.ts';

const environment = readEnvironment('auth');
const settings = parseSettingsOf(environment.TOKEN_SETTINGS, 'cognito');

const verifyClaims = verifyWithCognito(settings);

await keysBeforeFirstToken(verifyClaims.fetchKeys);

export const handler = onAuth(environment, settings.userIdClaim, verifyClaims);
