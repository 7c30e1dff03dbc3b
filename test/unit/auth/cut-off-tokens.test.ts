import { expect, it } from 'vitest';
import { AUDIENCE, claims, ISSUER, jwksUri, verifierOf, withEc, withRsa } from './token-modes.ts';

const verify = verifierOf({ mode: 'jwks', issuer: ISSUER, audience: AUDIENCE, jwksUri });

it('a token whose end was cut off is no JWT if its signature was ES256, because such a signature has one length', async () => {
  const token = await withEc(claims());
  expect(await verify(token)).toMatchObject({ ok: true });
  expect(await verify(token.slice(0, -20))).toEqual({ ok: false, reason: 'not a JWT' });
});

it.each([
  ['ES256', withEc],
  ['RS256', withRsa],
])('a token whose end was cut off is refused by a JWKS wherever it was cut, signed %s', async (_, sign) => {
  const token = await sign(claims());
  for (let length = 0; length < token.length; length += 1) {
    const { ok, reason } = { reason: '', ...(await verify(token.slice(0, length))) };
    expect({ length, ok }).toEqual({ length, ok: false });
    expect(['not a JWT', 'wrong signature']).toContain(reason);
  }
});
