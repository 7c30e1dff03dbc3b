import { SimpleFetcher } from 'aws-jwt-verify/https';
import { UnsecuredJWT } from 'jose';
import { describe, expect, it, vi } from 'vitest';
import {
  AUDIENCE,
  claims,
  ISSUER,
  jwksUri,
  publicJwk,
  publicKeyPem,
  seconds,
  sign as signWith,
  tokenModes,
  verifierOf,
  withEc,
  withRsa,
  withSecret,
} from './token-modes.ts';

const MARK = 'S3cr3t';

/** The reason for which a token is refused, after a look that it quotes nothing of the token. */
async function reasonOf(verified: ReturnType<ReturnType<typeof verifierOf>>, token: string): Promise<string> {
  const result = await verified;
  if (result.ok) throw new Error('the token was accepted');
  expect(result.reason).not.toContain(MARK);
  for (const part of token.split('.').filter((text) => text.length > 3))
    expect(result.reason).not.toContain(part);
  return result.reason;
}

const marked = (differences: Record<string, unknown> = {}) =>
  claims({ sub: `alice-${MARK}`, ...differences });
const without = (claim: string) => {
  const { [claim]: _, ...rest } = marked();
  return rest;
};
const unsecured = () => new UnsecuredJWT(marked()).encode();

describe.each(tokenModes)('$mode refuses', ({ mode, settings, sign, forge }) => {
  const refusalOf = async (token: string | Promise<string>, access: 'open' | 'claim' = 'open') => {
    const text = await token;
    return reasonOf(verifierOf(settings, access)(text), text);
  };
  const byMode = (reasons: { jwks: string; 'shared-secret': string }) => reasons[mode];

  it('a token without a signature (alg none) is refused', async () => {
    expect(await refusalOf(unsecured())).toBe(
      byMode({ jwks: 'not a JWT', 'shared-secret': 'algorithm not allowed' }),
    );
  });

  it('a token whose signature was taken away is refused', async () => {
    const [header, payload] = (await sign(marked())).split('.');
    expect(await refusalOf(`${header}.${payload}.`)).toBe(
      byMode({ jwks: 'not a JWT', 'shared-secret': 'wrong signature' }),
    );
  });

  it('a token whose claims were changed is refused', async () => {
    const [header, , signature] = (await sign(marked())).split('.');
    const [, payload] = (await sign(marked({ sub: 'root' }))).split('.');
    expect(await refusalOf(`${header}.${payload}.${signature}`)).toBe('wrong signature');
  });

  it('a token that another key of the same kind has signed is refused', async () => {
    expect(await refusalOf(forge(marked()))).toBe('wrong signature');
  });

  it('a token of another issuer is refused', async () => {
    expect(await refusalOf(sign(marked({ iss: `https://${MARK}.test` })))).toBe(
      byMode({ jwks: 'wrong issuer', 'shared-secret': 'wrong or missing iss claim' }),
    );
  });

  it('a token without an issuer is refused', async () => {
    expect(await refusalOf(sign(without('iss')))).toBe(
      byMode({ jwks: 'wrong issuer', 'shared-secret': 'wrong or missing iss claim' }),
    );
  });

  it.each([[MARK], [[MARK, 'another']], [[]]])('a token for the audience %j is refused', async (aud) => {
    expect(await refusalOf(sign(marked({ aud })))).toBe(
      byMode({ jwks: 'wrong audience', 'shared-secret': 'wrong or missing aud claim' }),
    );
  });

  it('a token without an audience is refused', async () => {
    expect(await refusalOf(sign(without('aud')))).toBe(
      byMode({ jwks: 'wrong audience', 'shared-secret': 'wrong or missing aud claim' }),
    );
  });

  it('a token without an expiry is refused', async () => {
    expect(await refusalOf(sign(without('exp')))).toBe(
      byMode({ jwks: 'no exp claim', 'shared-secret': 'wrong or missing exp claim' }),
    );
  });

  it('a token whose expiry is in milliseconds, which would never come, is refused', async () => {
    const token = sign(marked({ exp: Date.now() + 3_600_000 }));
    expect(await refusalOf(token)).toBe('an exp claim that is not in seconds');
  });

  it.each([0, 1, 3_600])('a token that expired %d s ago is refused', async (ago) => {
    expect(await refusalOf(sign(marked({ exp: seconds() - ago })))).toBe('expired');
  });

  it.each([62, 600])('a token that is valid only %d s later is refused', async (later) => {
    expect(await refusalOf(sign(marked({ nbf: seconds() + later })))).toBe(
      byMode({ jwks: 'not yet valid', 'shared-secret': 'wrong or missing nbf claim' }),
    );
  });

  it.each([62, 600])('a token that was issued %d s in the future is refused', async (later) => {
    expect(await refusalOf(sign(marked({ iat: seconds() + later })))).toBe('issued in the future');
  });

  it.each(['', '.', '..', 'garbage', `${MARK}.${MARK}.${MARK}`, 'Bearer x.y.z', 'é\ud800', '{}'])(
    'the garbage %j is refused',
    async (garbage) => {
      expect(await refusalOf(garbage)).toBe('not a JWT');
    },
  );

  it.each([undefined, '', 1.5, null, true, ['alice'], { id: 'alice' }, 'x'.repeat(257), 2 ** 53, 'x\ud800'])(
    'a token with the user id %j is refused',
    async (sub) => {
      expect(await refusalOf(sign({ ...marked(), sub: sub as string }))).toMatch(
        /^(no user id in the sub claim|not a JWT|wrong or missing sub claim)$/,
      );
    },
  );

  it.each([
    ['null', null],
    ['a number', 42],
    ['an object', { [MARK]: true }],
    ['a list with an object', ['7', { [MARK]: true }]],
    ['a list with an object that has no string', [{ toString: null, valueOf: null }]],
    ['a list with a list', ['7', ['*']]],
    ['a list with null', [null]],
    ['a list with a fraction', [1.5]],
    ['501 rooms', Array.from({ length: 501 }, (_, index) => `${index}`)],
    ['a room longer than any', [`${MARK}${'x'.repeat(128)}`]],
    ['a single room longer than any', `${MARK}${'x'.repeat(128)}`],
  ])('a token whose rooms claim is %s is refused', async (_, rooms) => {
    expect(await refusalOf(sign(marked({ rooms })), 'claim')).toBe(
      'the rooms claim is not a list of at most 500 room ids',
    );
  });
});

const [jwks, shared] = tokenModes;

it.each([
  ['with the shared secret', () => withSecret(marked())],
  ['with the public key as secret', () => withSecret(marked(), publicKeyPem)],
  ['with the public key as secret, without its line ends', () => withSecret(marked(), publicKeyPem.trim())],
  ['with the published key set as secret', () => withSecret(marked(), JSON.stringify(publicJwk))],
  ['with the modulus as secret', () => withSecret(marked(), publicJwk.n ?? '')],
])('a token of the shared secret is refused by a JWKS if it is signed HS256 %s', async (_, sign) => {
  if (jwks === undefined) throw new Error('no such mode');
  const token = await sign();
  expect(await reasonOf(verifierOf(jwks.settings)(token), token)).toBe('not a token of this issuer');
});

it('a token of a JWKS is refused by a shared secret if it is signed RS256', async () => {
  if (shared === undefined) throw new Error('no such mode');
  const token = await withRsa(marked());
  expect(await reasonOf(verifierOf(shared.settings)(token), token)).toBe('algorithm not allowed');
});

it.each(['HS384', 'HS512'])(
  'a token that is not signed HS256 is refused by a shared secret: %s',
  async (alg) => {
    if (shared === undefined) throw new Error('no such mode');
    const key = new TextEncoder().encode('a shared secret of more than thirty-two characters'.repeat(2));
    const token = await signWith(marked(), { alg }, key);
    expect(await reasonOf(verifierOf(shared.settings)(token), token)).toBe('algorithm not allowed');
  },
);

const verify = (uri = jwksUri) =>
  verifierOf({ mode: 'jwks', issuer: 'https://issuer.test', audience: 'trade-room', jwksUri: uri });

it('a JWKS refuses a token whose key id is unknown, time and again', async () => {
  const token = await withRsa(marked(), { alg: 'RS256', kid: MARK });
  const verifyToken = verify();
  expect(await reasonOf(verifyToken(token), token)).toBe('unknown key');
  expect(await reasonOf(verifyToken(token), token)).toBe('unknown key');
});

it('a JWKS refuses a token without a key id', async () => {
  const token = await withRsa(marked(), { alg: 'RS256' });
  expect(await reasonOf(verify()(token), token)).toBe('unknown key');
});

it('a JWKS refuses a token with an unknown key id, answers the next one as retryable without a fetch, and still accepts known keys', async () => {
  const keySet = Buffer.from(JSON.stringify({ keys: [publicJwk] }));
  const fetchKeys = vi
    .spyOn(SimpleFetcher.prototype, 'fetch')
    .mockResolvedValue(Uint8Array.from(keySet).buffer);
  const verifyToken = verify('https://issuer.test/keys.json');
  const unknown = await withRsa(marked(), { alg: 'RS256', kid: MARK });
  expect(await reasonOf(verifyToken(unknown), unknown)).toBe('unknown key');
  expect(await reasonOf(verifyToken(unknown), unknown)).toBe(
    'the issuer did not know the key id a moment ago',
  );
  expect(await verifyToken(unknown)).toMatchObject({ ok: false, isRetryable: true });
  expect(await verifyToken(await withRsa(marked()))).toMatchObject({ ok: true });
  expect(fetchKeys).toHaveBeenCalledTimes(1);
  fetchKeys.mockRestore();
});

const verifyByJwks = verifierOf({ mode: 'jwks', issuer: ISSUER, audience: AUDIENCE, jwksUri });

it('a token whose end was cut off is no JWT if its signature was ES256, because such a signature has one length', async () => {
  const token = await withEc(claims());
  expect(await verifyByJwks(token)).toMatchObject({ ok: true });
  expect(await verifyByJwks(token.slice(0, -20))).toEqual({ ok: false, reason: 'not a JWT' });
});

it.each([
  ['ES256', withEc],
  ['RS256', withRsa],
])('a token whose end was cut off is refused by a JWKS wherever it was cut, signed %s', async (_, sign) => {
  const token = await sign(claims());
  for (let length = 0; length < token.length; length += 1) {
    const { ok, reason } = { reason: '', ...(await verifyByJwks(token.slice(0, length))) };
    expect({ length, ok }).toEqual({ length, ok: false });
    expect(['not a JWT', 'wrong signature']).toContain(reason);
  }
});
