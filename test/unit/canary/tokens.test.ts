import { expect, it } from 'vitest';
import { verifyWithSharedSecret } from '../../../lib/auth/shared-secret.ts';
import { userOfClaims } from '../../../lib/auth/user.ts';
import {
  canaryTokens,
  parseCanarySecret,
  parseTokenSource,
  type TokensDeps,
} from '../../../lib/canary/tokens.ts';

const SECRET = 'a secret that the REST API signs with';
const NOW = Date.UTC(2030, 0, 1);

function depsWith(changes: Partial<TokensDeps>): TokensDeps {
  return {
    readSecret: async () => SECRET,
    fetch: () => Promise.reject(new Error('nobody is asked')),
    clock: () => NOW,
    patience: 1_000,
    user: 'canary',
    room: 'canary',
    ...changes,
  };
}

it.each([
  ['sub', {}],
  ['id', { issuer: 'https://issuer.example', audience: 'trade-room' }],
])(
  'a token that the canary signs opens its room and no other, with the user id in %s and %j',
  async (userIdClaim, expected) => {
    const source = { from: 'jwt-secret', secretId: 's', userIdClaim, ...expected } as const;
    const token = (await canaryTokens(source, depsWith({}))?.get()) ?? '';
    const verified = await verifyWithSharedSecret(
      expected,
      async () => SECRET,
      () => NOW,
    )(token);
    const claims = verified.ok ? verified.claims : {};
    expect(userOfClaims(claims, { userIdClaim, roomAccess: 'claim' }, NOW)).toEqual({
      ok: true,
      user: { userId: 'canary', allowedRooms: ['canary'], tokenExpiresAt: NOW + 300_000 },
    });
  },
);

it('the secret that signs is read again behind a token that was refused, and not otherwise', async () => {
  const asked: (string | undefined)[] = [];
  const readSecret = async (otherThan?: string) => {
    asked.push(otherThan);
    return SECRET;
  };
  const source = { from: 'jwt-secret', secretId: 's', userIdClaim: 'sub' } as const;
  const tokens = canaryTokens(source, depsWith({ readSecret }));
  await tokens?.get();
  tokens?.forget();
  await tokens?.get();
  await tokens?.get();
  expect(asked).toEqual([undefined, SECRET, undefined]);
});

const source = { from: 'canary-secret', secretId: 's' } as const;
const credentials = {
  tokenEndpoint: 'https://issuer.example/oauth2/token',
  clientId: 'a client',
  clientSecret: 's3cr3t:&',
};

/** An issuer that answers each request with the next token. */
function issuer(secret: object, answer: { status?: number; body?: object } = {}) {
  const asked: { url: string; init: RequestInit }[] = [];
  let now = NOW;
  const tokens = canaryTokens(
    source,
    depsWith({
      readSecret: async () => JSON.stringify(secret),
      clock: () => now,
      async fetch(url, init) {
        asked.push({ url, init });
        const body = answer.body ?? { access_token: `token ${asked.length}`, expires_in: 3600 };
        return { status: answer.status ?? 200, json: async () => body };
      },
    }),
  );
  if (tokens === undefined) throw new Error('expected tokens');
  return {
    asked,
    tokens,
    later(seconds: number) {
      now += seconds * 1000;
      return tokens.get();
    },
  };
}

it('a token that the canary is issued is asked for by the client credentials grant, as OAuth has it', async () => {
  const { asked, tokens } = issuer({ ...credentials, scope: 'rooms', audience: 'trade-room' });
  expect(await tokens.get()).toBe('token 1');
  const { url, init } = asked[0] ?? { url: '', init: {} };
  expect(url).toBe(credentials.tokenEndpoint);
  expect(init).toMatchObject({
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from('a+client:s3cr3t%3A%26').toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials&scope=rooms&audience=trade-room',
  });
});

it('a token that the canary is issued is used until a minute before it expires, and not after it was refused', async () => {
  const { later, tokens } = issuer(credentials);
  expect(await later(0)).toBe('token 1');
  expect(await later(3_539)).toBe('token 1');
  expect(await later(1)).toBe('token 2');
  tokens.forget();
  expect(await later(0)).toBe('token 3');
});

it('a token that the canary is issued is used once if its issuer does not say how long it is good for', async () => {
  const { asked, later } = issuer(credentials, { body: { access_token: 'short' } });
  await later(0);
  await later(0);
  expect(asked).toHaveLength(2);
});

it('a token that the canary is issued is the one in the secret, if there is one', async () => {
  const { asked, tokens } = issuer({ token: 'given' });
  expect(await tokens.get()).toBe('given');
  expect(asked).toEqual([]);
});

it.each([
  [401, { error: 'invalid_client', error_description: 's3cr3t' }, 'status 401, invalid_client'],
  [500, {}, 'status 500'],
  [200, { error: 'a sentence with s3cr3t' }, 'status 200'],
])(
  'a token that the canary is issued that is not given is an error without a word of the answer: %i %j',
  async (status, body, reason) => {
    const { tokens } = issuer(credentials, { status, body });
    const failed = await tokens.get().catch((error: Error) => error.message);
    expect(failed).toBe(`expected a token from the token endpoint, got ${reason}`);
  },
);

it.each([
  [
    'not JSON s3cr3t',
    /^the canary's secret: expected JSON with tokenEndpoint, clientId and clientSecret, or with token$/,
  ],
  ['{}', /^the canary's secret, tokenEndpoint: expected JSON with/],
  ['{"token":""}', /^the canary's secret, token: expected JSON with/],
  [
    JSON.stringify({ ...credentials, tokenEndpoint: 'http://issuer.example' }),
    /^the canary's secret, tokenEndpoint: tokenEndpoint must begin with https:\/\/$/,
  ],
  [JSON.stringify({ ...credentials, clientSecret: 7 }), /^the canary's secret, clientSecret: expected JSON/],
])('a token that the canary is issued needs a secret that says how: %s', (json, sentence) => {
  expect(() => parseCanarySecret(json)).toThrow(sentence);
  expect(() => parseCanarySecret(json)).not.toThrow(/s3cr3t/);
});

it('a canary without a source has no tokens', () => {
  expect(canaryTokens({ from: 'nowhere' }, depsWith({}))).toBeUndefined();
});

it.each(['', '{"from":"somewhere"}', '{"from":"jwt-secret","secretId":""}'])(
  'a token source of the canary that is none stops the function: %j',
  (json) => {
    expect(() => parseTokenSource(json)).toThrow(/^CANARY_TOKENS: /);
  },
);
