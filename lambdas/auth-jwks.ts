import { parseSettingsOf } from '../lib/auth/token-settings.ts';
import { verifyWithJwks } from '../lib/auth/verify-with-keys.ts';
import { readEnvironment } from '../lib/config/functions.ts';
import { keysBeforeFirstToken, onAuth } from '../lib/lambda/on-auth.ts';

const environment = readEnvironment('auth');
const settings = parseSettingsOf(environment.TOKEN_SETTINGS, 'jwks');

const verifyClaims = verifyWithJwks(settings);

await keysBeforeFirstToken(verifyClaims.fetchKeys);

export const handler = onAuth(environment, settings.userIdClaim, verifyClaims);
