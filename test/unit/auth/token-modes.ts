import { generateKeyPairSync } from 'node:crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { exportJWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { cachedSecret, verifyWithSharedSecret } from '../../../lib/auth/shared-secret.ts';
import {
  parseTokenSettings,
  type TokenSettings,
  type TokenSettingsInput,
} from '../../../lib/auth/token-settings.ts';
import type { RoomAccess, VerifyClaims } from '../../../lib/auth/user.ts';
import { createTokenVerifier } from '../../../lib/auth/user.ts';
import { verifyWithCognito, verifyWithJwks } from '../../../lib/auth/verify-with-keys.ts';
import type { VerifyToken } from '../../../lib/core/ports.ts';

export const ISSUER = 'https://issuer.test';
export const AUDIENCE = 'trade-room';
export const SECRET = 'a shared secret of more than thirty-two characters';
const KEY_ID = 'key-1';
const EC_KEY_ID = 'key-2';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const foreignRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const publicKeyPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
export const publicJwk = { ...(await exportJWK(rsa.publicKey)), kid: KEY_ID, alg: 'RS256', use: 'sig' };
const publicEcJwk = { ...(await exportJWK(ec.publicKey)), kid: EC_KEY_ID, alg: 'ES256', use: 'sig' };
const keySet = JSON.stringify({ keys: [publicJwk, publicEcJwk] });
export const jwksUri = `data:application/json,${encodeURIComponent(keySet)}`;

/** Every secret that it has is `SECRET`. */
const secretsManager = new SecretsManagerClient();
mockClient(secretsManager).on(GetSecretValueCommand).resolves({ SecretString: SECRET });

export const seconds = () => Math.floor(Date.now() / 1000);
export const claims = (differences: JWTPayload = {}): JWTPayload => ({
  sub: 'alice',
  iss: ISSUER,
  aud: AUDIENCE,
  iat: seconds(),
  exp: seconds() + 3_600,
  ...differences,
});

type Key = Parameters<SignJWT['sign']>[0];
export const sign = (payload: JWTPayload, header: JWTHeaderParameters, key: Key) =>
  new SignJWT(payload).setProtectedHeader(header).sign(key);

export const withRsa = (payload: JWTPayload, header: JWTHeaderParameters = { alg: 'RS256', kid: KEY_ID }) =>
  sign(payload, header, rsa.privateKey);
export const withEc = (payload: JWTPayload) => sign(payload, { alg: 'ES256', kid: EC_KEY_ID }, ec.privateKey);
export const withSecret = (payload: JWTPayload, secret = SECRET) =>
  sign(payload, { alg: 'HS256', kid: KEY_ID }, new TextEncoder().encode(secret));
const withForeignRsa = (payload: JWTPayload) =>
  sign(payload, { alg: 'RS256', kid: KEY_ID }, foreignRsa.privateKey);

export interface TokenMode {
  mode: 'jwks' | 'shared-secret';
  settings: TokenSettingsInput;
  /** Signs as the issuer of this mode does. */
  sign(payload: JWTPayload): Promise<string>;
  /** Signs with a key of the same kind that is not the issuer's. */
  forge(payload: JWTPayload): Promise<string>;
}

export const tokenModes: TokenMode[] = [
  {
    mode: 'jwks',
    settings: { mode: 'jwks', issuer: ISSUER, audience: AUDIENCE, jwksUri },
    sign: (payload) => withRsa(payload),
    forge: withForeignRsa,
  },
  {
    mode: 'shared-secret',
    settings: { mode: 'shared-secret', secretId: 'jwt-secret', issuer: ISSUER, audience: AUDIENCE },
    sign: (payload) => withSecret(payload),
    forge: (payload) => withSecret(payload, 'another secret of more than thirty-two characters'),
  },
];

/** The verifier of these settings, made the way the function makes it: from their JSON. */
export function verifierOf(
  settings: TokenSettingsInput,
  roomAccess: RoomAccess = 'open',
  differences: Record<string, unknown> = {},
  secrets: SecretsManagerClient = secretsManager,
): VerifyToken {
  const parsed = parseTokenSettings(JSON.stringify({ ...settings, ...differences }));
  return createTokenVerifier(verifyClaimsOf(parsed, secrets), { ...parsed, roomAccess }, Date.now);
}

function verifyClaimsOf(settings: TokenSettings, secrets: SecretsManagerClient): VerifyClaims {
  switch (settings.mode) {
    case 'jwks':
      return verifyWithJwks(settings);
    case 'cognito':
      return verifyWithCognito(settings);
    case 'shared-secret':
      return verifyWithSharedSecret(settings, cachedSecret(secrets, settings.secretId, Date.now), Date.now);
  }
}
