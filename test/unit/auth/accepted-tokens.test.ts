import { describe, expect, it } from 'vitest';
import type { User } from '../../../lib/core/connection/connection.ts';
import {
  AUDIENCE,
  claims,
  jwksUri,
  seconds,
  tokenModes,
  verifierOf,
  withRsa,
  withSecret,
} from './token-modes.ts';

describe.each(tokenModes)('$mode', ({ settings, sign }) => {
  it('a verifier accepts a token of its issuer until the moment it expires', async () => {
    const payload = claims({ exp: seconds() + 60 });
    expect(await verifierOf(settings)(await sign(payload))).toEqual({
      ok: true,
      user: { userId: 'alice', tokenExpiresAt: (payload.exp ?? 0) * 1000, allowedRooms: '*' },
    });
  });

  it.each<[Record<string, unknown>, string | undefined, string]>([
    [{ sub: 'alice' }, undefined, 'alice'],
    [{ id: 42 }, 'id', '42'],
    [{ id: 0 }, 'id', '0'],
    [{ id: '42' }, 'id', '42'],
    [{ 'custom:user': 'bob' }, 'custom:user', 'bob'],
    [{ sub: 'x'.repeat(256) }, undefined, 'x'.repeat(256)],
  ])('a verifier finds the user id of %j in the claim %j', async (payload, userIdClaim, userId) => {
    const verify = verifierOf(settings, 'open', userIdClaim === undefined ? {} : { userIdClaim });
    expect(await verify(await sign(claims(payload)))).toMatchObject({ ok: true, user: { userId } });
  });

  it.each<[unknown, User['allowedRooms']]>([
    ['*', '*'],
    [['*'], '*'],
    [['7', '*'], '*'],
    [undefined, []],
    [[], []],
    ['7', ['7']],
    [
      ['7', 'a.b'],
      ['7', 'a.b'],
    ],
    [
      [7, '8', 0],
      ['7', '8', '0'],
    ],
  ])('a verifier reads the rooms claim %j if it decides', async (rooms, allowed) => {
    const result = await verifierOf(settings, 'claim')(await sign(claims({ rooms })));
    expect(result).toMatchObject({ ok: true, user: { allowedRooms: allowed } });
  });

  it('a verifier reads a rooms claim of 500 rooms', async () => {
    const rooms = Array.from({ length: 500 }, (_, index) => `room-${index}`);
    const result = await verifierOf(settings, 'claim')(await sign(claims({ rooms })));
    expect(result).toMatchObject({ ok: true, user: { allowedRooms: rooms } });
  });

  it('a verifier gives every user access to every room if the rooms claim does not decide', async () => {
    const result = await verifierOf(settings, 'open')(await sign(claims({ rooms: { no: 'list' } })));
    expect(result).toMatchObject({ ok: true, user: { allowedRooms: '*' } });
  });

  it('a verifier accepts its audience among others', async () => {
    const token = await sign(claims({ aud: ['another', AUDIENCE] }));
    expect(await verifierOf(settings)(token)).toMatchObject({ ok: true });
  });

  it.each([
    ['iat', 2],
    ['iat', 59],
    ['nbf', 2],
    ['nbf', 59],
  ])(
    'a verifier accepts a token of a clock that is ahead: its %s is %d s in the future',
    async (claim, ahead) => {
      const token = await sign(claims({ [claim]: seconds() + ahead }));
      expect(await verifierOf(settings)(token)).toMatchObject({ ok: true });
    },
  );

  it('a verifier accepts a token that expires in the year 9999', async () => {
    const token = await sign(claims({ exp: 253_402_300_799 }));
    expect(await verifierOf(settings)(token)).toMatchObject({ ok: true });
  });

  it('a verifier accepts a token without iat, and one that has been valid for an hour', async () => {
    const { iat: _, ...payload } = claims({ nbf: seconds() - 3_600 });
    expect(await verifierOf(settings)(await sign(payload))).toMatchObject({ ok: true });
  });
});

const { iss: _issuer, aud: _audience, ...bare } = claims();

it('a shared secret does not ask for issuer and audience if no setting does, because the REST API signs neither', async () => {
  const verify = verifierOf({ mode: 'shared-secret', secretId: 'jwt-secret' });
  expect(await verify(await withSecret(bare))).toMatchObject({ ok: true });
});

it.each([
  [{ issuer: null, audience: AUDIENCE }, { aud: AUDIENCE }],
  [{ issuer: 'https://issuer.test', audience: null }, { iss: 'https://issuer.test' }],
])('a JWKS with %j does not ask for what the setting leaves open', async (expected, present) => {
  const verify = verifierOf({ mode: 'jwks', jwksUri, ...expected });
  expect(await verify(await withRsa({ ...bare, ...present }))).toMatchObject({ ok: true });
});
