import { expect, it } from 'vitest';
import { parseSettingsOf, parseTokenSettings } from '../../../lib/auth/token-settings.ts';
import { parseRoomAccess } from '../../../lib/auth/user.ts';

const jwks = { mode: 'jwks', issuer: 'https://issuer.test', audience: 'trade-room' };
const cognito = { mode: 'cognito', userPoolId: 'eu-west-1_abc', clientId: 'client' };
const shared = { mode: 'shared-secret', secretId: 'jwt-secret' };
const parse = (settings: unknown) => parseTokenSettings(JSON.stringify(settings));

it.each([jwks, cognito, shared])('the token settings may be $mode, with the user id in sub', (settings) => {
  expect(parse(settings)).toMatchObject({ ...settings, userIdClaim: 'sub' });
});

it.each([
  { ...jwks, issuer: null, jwksUri: 'https://keys.test/jwks.json' },
  { ...jwks, audience: null },
  { ...jwks, jwksUri: 'data:application/json,{}' },
  { ...jwks, userIdClaim: 'id' },
  { ...cognito, tokenUse: 'id' },
  { ...shared, issuer: 'api', audience: 'web', userIdClaim: 'id' },
])('the token settings may be %j', (settings) => {
  expect(parse(settings)).toMatchObject(settings);
});

it('the token settings take the access token of Cognito if nothing is said', () => {
  expect(parse(cognito)).toMatchObject({ tokenUse: 'access' });
});

it.each([
  ['a forgotten issuer', { mode: 'jwks', audience: 'a' }, /^TOKEN_SETTINGS\.issuer: .*issuer/],
  ['a forgotten audience', { mode: 'jwks', issuer: 'https://i' }, /^TOKEN_SETTINGS\.audience: .*audience/],
  ['an empty issuer', { ...jwks, issuer: '' }, /^TOKEN_SETTINGS\.issuer: /],
  ['an empty audience', { ...jwks, audience: '' }, /^TOKEN_SETTINGS\.audience: /],
  ['a list as audience', { ...jwks, audience: ['a'] }, /^TOKEN_SETTINGS\.audience: /],
  [
    'neither issuer nor audience',
    { ...jwks, issuer: null, audience: null, jwksUri: 'https://k' },
    /issuer and audience are both null/,
  ],
  ['no issuer to find the keys by', { ...jwks, issuer: null }, /jwksUri is needed/],
  [
    'keys over http',
    { ...jwks, jwksUri: 'http://issuer.test/jwks.json' },
    /^TOKEN_SETTINGS\.jwksUri: jwksUri must begin with https:/,
  ],
  ['keys in a file', { ...jwks, jwksUri: 'file:///etc/jwks.json' }, /^TOKEN_SETTINGS\.jwksUri: /],
  ['an empty name of the user id claim', { ...jwks, userIdClaim: '' }, /^TOKEN_SETTINGS\.userIdClaim: /],
  ['a misspelt mode', { ...jwks, mode: 'jwsk' }, /^TOKEN_SETTINGS\.mode: .*jwks/],
  ['two modes', { ...jwks, mode: ['jwks', 'shared-secret'] }, /^TOKEN_SETTINGS\.mode: /],
  ['no mode', { issuer: 'https://i', audience: 'a' }, /^TOKEN_SETTINGS\.mode: /],
  ['a misspelt setting', { ...jwks, jwksURI: 'https://k' }, /^TOKEN_SETTINGS\.jwksURI: /],
  ['the secret itself', { ...shared, secret: 'S3cr3t' }, /^TOKEN_SETTINGS\.secret: /],
  ['a setting of another mode', { ...shared, jwksUri: 'https://k' }, /^TOKEN_SETTINGS\.jwksUri: /],
  ['an issuer to skip with a shared secret', { ...shared, issuer: null }, /^TOKEN_SETTINGS\.issuer: /],
  ['no secret', { mode: 'shared-secret' }, /^TOKEN_SETTINGS\.secretId: /],
  ['an empty secret', { ...shared, secretId: '' }, /^TOKEN_SETTINGS\.secretId: /],
  ['no user pool', { mode: 'cognito', clientId: 'c' }, /^TOKEN_SETTINGS\.userPoolId: /],
  ['no client', { mode: 'cognito', userPoolId: cognito.userPoolId }, /^TOKEN_SETTINGS\.clientId: /],
  ['no user pool', { ...cognito, userPoolId: 'garbage' }, /^TOKEN_SETTINGS\.userPoolId: .*eu-west-1_/],
  ['keys over http', { ...jwks, issuer: 'http://issuer.test' }, /issuer must begin with https/],
  ['another kind of token', { ...cognito, tokenUse: 'refresh' }, /^TOKEN_SETTINGS\.tokenUse: /],
  ['null', null, /^TOKEN_SETTINGS: /],
  ['a list', [jwks], /^TOKEN_SETTINGS/],
  ['a string', 'jwks', /^TOKEN_SETTINGS: /],
])('the token settings with %s stop the function and say what is wrong', (_, settings, sentence) => {
  expect(() => parse(settings)).toThrow(sentence);
});

it.each(['', '{', 'jwks', "{'mode':'jwks'}", 'undefined'])(
  'the token settings that are no JSON (%j) say what they should be',
  (text) => {
    expect(() => parseTokenSettings(text)).toThrow(/^TOKEN_SETTINGS: expected JSON such as \{"mode":"jwks"/);
  },
);

it.each(['open', 'claim'] as const)('the room access may be %s', (access) => {
  expect(parseRoomAccess(access)).toBe(access);
});

it.each(['', 'Open', 'closed', 'claims', ' open', '*'])(
  'the room access stops the function when it is %j',
  (access) => {
    expect(() => parseRoomAccess(access)).toThrow(/^ROOM_ACCESS: expected "open" .* or "claim"/);
  },
);

it('the settings of a function that was built for one mode must be of that mode', () => {
  expect(parseSettingsOf(JSON.stringify(jwks), 'jwks').issuer).toBe(jwks.issuer);
  expect(() => parseSettingsOf(JSON.stringify(shared), 'jwks')).toThrow(
    'TOKEN_SETTINGS.mode: expected "jwks", which this function was built for',
  );
});
