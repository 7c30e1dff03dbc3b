import type { TokenSettingsInput } from '../auth/token-settings.ts';
import type { LocalSettings } from './read-settings.ts';

const SECRET_NAME = 'trade-room-local-jwt-secret';
const DEVELOPMENT_ISSUER = 'trade-room-local';
const DEVELOPMENT_AUDIENCE = 'trade-room';

/** The same choice for the function that verifies tokens and for the issuer that signs them, with its own key or a secret. */
export interface LocalTokens<Key> {
  settings: TokenSettingsInput;
  issuer: {
    mode: { kind: 'jwks'; key: Key } | { kind: 'shared-secret'; secret: string };
    issuer: string | undefined;
    audience: string | undefined;
    userIdClaim: string;
    /** Claims for machine clients such as the canary; with `ROOM_ACCESS=claim` they may join every room. */
    grantClaims?: { rooms: ['*'] };
  };
  /** Secrets Manager locally. */
  secrets: Record<string, string>;
}

/** The public key is given to the verifier directly: it would fetch keys over https only. */
export function localTokens<Key extends { publicJwk: object }>(
  settings: Pick<LocalSettings, 'jwtSecret' | 'tokenIssuer' | 'tokenAudience' | 'userIdClaim'>,
  developmentKey: Key,
): LocalTokens<Key> {
  const { jwtSecret: secret, tokenIssuer: issuer, tokenAudience: audience, userIdClaim } = settings;
  if (secret !== undefined) {
    const expected = { ...(issuer !== undefined && { issuer }), ...(audience !== undefined && { audience }) };
    return {
      settings: { mode: 'shared-secret', secretId: SECRET_NAME, userIdClaim, ...expected },
      issuer: { mode: { kind: 'shared-secret', secret }, issuer, audience, userIdClaim },
      secrets: { [SECRET_NAME]: secret },
    };
  }
  const jwksUri = `data:application/json,${encodeURIComponent(JSON.stringify({ keys: [developmentKey.publicJwk] }))}`;
  const own = { issuer: issuer ?? DEVELOPMENT_ISSUER, audience: audience ?? DEVELOPMENT_AUDIENCE };
  return {
    settings: { mode: 'jwks', jwksUri, userIdClaim, ...own },
    issuer: {
      mode: { kind: 'jwks', key: developmentKey },
      userIdClaim,
      grantClaims: { rooms: ['*'] },
      ...own,
    },
    secrets: {},
  };
}
