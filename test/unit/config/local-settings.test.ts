import { expect, it } from 'vitest';
import { localTokens } from '../../../lib/config/local-stack.ts';
import { readLocalSettings, settingsOf } from '../../../lib/config/read-settings.ts';

it('npm start needs no variable: every setting has a default', () => {
  expect(readLocalSettings({})).toEqual({ ...settingsOf({}), userIdClaim: 'sub', canary: false });
  expect(readLocalSettings({})).toMatchObject({ roomAccess: 'open', authDeadlineSeconds: 10 });
});

it('npm start reads each setting from its variable', () => {
  const environment = {
    JWT_SECRET: 's',
    JWT_ISSUER: 'i',
    JWT_AUDIENCE: 'a',
    JWT_USER_ID_CLAIM: 'id',
    ROOM_ACCESS: 'claim',
    AUTH_DEADLINE_SECONDS: '900',
    ACCOUNT_CONCURRENCY: '10',
    CANARY: 'true',
  };
  expect(readLocalSettings(environment)).toMatchObject({
    jwtSecret: 's',
    tokenIssuer: 'i',
    tokenAudience: 'a',
    userIdClaim: 'id',
    roomAccess: 'claim',
    authDeadlineSeconds: 900,
    accountConcurrency: 10,
    canary: true,
  });
});

it.each(['JWT_SECRET', 'JWT_ISSUER', 'JWT_USER_ID_CLAIM', 'ROOM_ACCESS', 'AUTH_DEADLINE_SECONDS', 'CANARY'])(
  'an empty %s is refused, because it would silently be another mode',
  (name) => {
    expect(() => readLocalSettings({ [name]: '' })).toThrow(
      `${name} is set but empty; give it a value or leave it out`,
    );
  },
);

it.each(['0', '-1', '1.5', '901', 'ten', '10s', 'NaN', 'Infinity'])(
  'a deadline of %j seconds is refused',
  (seconds) => {
    expect(() => readLocalSettings({ AUTH_DEADLINE_SECONDS: seconds })).toThrow(
      `AUTH_DEADLINE_SECONDS: expected a whole number of seconds from 1 to 900, not "${seconds}"`,
    );
  },
);

it.each(['yes', '1'])('a canary of %j is refused', (text) => {
  expect(() => readLocalSettings({ CANARY: text })).toThrow(
    `CANARY: expected one of true, false, not "${text}"`,
  );
});

it.each(['0', '1.5', '100001', 'many'])('an account concurrency of %j is refused', (text) => {
  expect(() => readLocalSettings({ ACCOUNT_CONCURRENCY: text })).toThrow(
    'ACCOUNT_CONCURRENCY: expected a whole number of invocations from 1 to 100000',
  );
});

it.each(['OPEN', 'everybody'])('the room access %j is refused', (access) => {
  expect(() => readLocalSettings({ ROOM_ACCESS: access })).toThrow(
    /^ROOM_ACCESS: expected one of open, claim/,
  );
});

const key = { publicJwk: { kid: 'k', n: '…' } };

it('the emulator verifies tokens of the development issuer by default', () => {
  const { settings, issuer, secrets } = localTokens(readLocalSettings({}), key);
  const expected = { issuer: 'trade-room-local', audience: 'trade-room' };
  const jwksUri = settings.mode === 'jwks' ? settings.jwksUri : undefined;
  expect(settings).toMatchObject({ mode: 'jwks', ...expected });
  const grantClaims = { rooms: ['*'] };
  expect(issuer).toEqual({ mode: { kind: 'jwks', key }, userIdClaim: 'sub', grantClaims, ...expected });
  expect(jwksUri).toMatch(/^data:application\/json,/);
  expect(JSON.parse(decodeURIComponent((jwksUri ?? '').replace(/^[^,]*,/, '')))).toEqual({
    keys: [key.publicJwk],
  });
  expect(secrets).toEqual({});
});

it('the emulator verifies tokens of the REST API if JWT_SECRET is set, and its issuer signs with that secret', () => {
  const environment = { JWT_SECRET: 'S3cr3t', JWT_AUDIENCE: 'web', JWT_USER_ID_CLAIM: 'id' };
  const { settings, issuer, secrets } = localTokens(readLocalSettings(environment), key);
  if (settings.mode !== 'shared-secret') throw new Error(`the mode is ${settings.mode}`);
  expect(settings).toEqual({
    mode: 'shared-secret',
    secretId: settings.secretId,
    audience: 'web',
    userIdClaim: 'id',
  });
  expect(secrets).toEqual({ [settings.secretId]: 'S3cr3t' });
  expect(JSON.stringify(settings)).not.toContain('S3cr3t');
  expect(issuer).toEqual({
    mode: { kind: 'shared-secret', secret: 'S3cr3t' },
    issuer: undefined,
    audience: 'web',
    userIdClaim: 'id',
  });
});
