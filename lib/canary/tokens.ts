import { SignJWT } from 'jose';
import * as v from 'valibot';

const text = v.pipe(v.string(), v.nonEmpty());

const sourceSchema = v.variant('from', [
  /** The canary signs its token with the secret that verifies tokens. */
  v.strictObject({
    from: v.literal('jwt-secret'),
    /** Name or ARN in Secrets Manager. */
    secretId: text,
    userIdClaim: text,
    issuer: v.optional(text),
    audience: v.optional(text),
  }),
  /** The canary has its own secret, which holds a token or the credentials to get one. */
  v.strictObject({ from: v.literal('canary-secret'), secretId: text }),
  /** The canary has no token and checks only the way from the bus to the log. */
  v.strictObject({ from: v.literal('nowhere') }),
]);

/** Where the canary gets its token. */
export type TokenSource = v.InferOutput<typeof sourceSchema>;

/** Reads CANARY_TOKENS. Throws a sentence about a mistake, because a default would check something unintended. */
export function parseTokenSource(json: string): TokenSource {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), sourceSchema), json);
  if (parsed.success) return parsed.output;
  throw new Error(`CANARY_TOKENS: ${parsed.issues[0].message}`);
}

// Credentials must be sent over TLS, except to this machine.
const tokenEndpoint = v.pipe(
  text,
  v.regex(/^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1)[:/])/, 'tokenEndpoint must begin with https://'),
);

const expected = 'expected JSON with tokenEndpoint, clientId and clientSecret, or with token';

const credentialsSchema = v.object(
  {
    tokenEndpoint,
    clientId: text,
    clientSecret: text,
    scope: v.optional(text),
    audience: v.optional(text),
  },
  expected,
);

const secretSchema = v.lazy((value) =>
  typeof value === 'object' && value !== null && 'token' in value
    ? v.object({ token: text })
    : credentialsSchema,
);

/** Credentials for OAuth's client credentials grant, or a token. */
type CanarySecret = v.InferOutput<typeof credentialsSchema> | { token: string };

/** Reads the canary's secret. Throws a sentence that quotes no part of the secret. */
export function parseCanarySecret(json: string): CanarySecret {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(undefined, expected), secretSchema), json);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const field = v.getDotPath(issue);
  const problem = issue.message.startsWith('tokenEndpoint') ? issue.message : expected;
  throw new Error(`the canary's secret${field === null ? '' : `, ${field}`}: ${problem}`);
}

export interface Tokens {
  /** A token that is valid for at least a minute, if its issuer says how long it is valid. */
  get(): Promise<string>;
  /** Discards the cached token, e.g. after it was refused. */
  forget(): void;
}

export interface TokensDeps {
  /** Reads the secret that the source names. With `otherThan`, a cached secret with this value is read again. */
  readSecret: (otherThan?: string) => Promise<string>;
  fetch: (url: string, init: RequestInit) => Promise<Pick<Response, 'status' | 'json'>>;
  /** Epoch milliseconds. */
  clock: () => number;
  /** How long the token endpoint may take. Milliseconds. */
  patience: number;
  /** User and room of a token that the canary signs itself. */
  user: string;
  room: string;
}

const SIGNED_SECONDS = 300;
/** Lifetime that a cached token must still have. A run takes less. */
const MIN_LIFETIME_MS = 60_000;

/** The tokens of a source. Undefined if the source has none. */
export function canaryTokens(source: TokenSource, deps: TokensDeps): Tokens | undefined {
  if (source.from === 'nowhere') return undefined;
  let issued: { token: string; until: number } | undefined;
  let lastSecret: string | undefined;
  let wasRefused = false;
  async function readSecret(): Promise<string> {
    // After a refused token, the secret may have been rotated.
    lastSecret = await deps.readSecret(wasRefused ? lastSecret : undefined);
    wasRefused = false;
    return lastSecret;
  }
  return {
    async get() {
      if (source.from === 'jwt-secret') return signToken(source, await readSecret(), deps);
      if (issued !== undefined && deps.clock() < issued.until) return issued.token;
      const secret = parseCanarySecret(await readSecret());
      if ('token' in secret) return secret.token;
      const { token, lifetimeMs } = await issueToken(secret, deps);
      // Reuses a token: identity providers bill each token, and one a minute would be 43,200 a month.
      issued = { token, until: deps.clock() + lifetimeMs - MIN_LIFETIME_MS };
      return token;
    },
    forget() {
      issued = undefined;
      wasRefused = true;
    },
  };
}

async function signToken(
  { userIdClaim, issuer, audience }: Extract<TokenSource, { from: 'jwt-secret' }>,
  secret: string,
  { clock, user, room }: TokensDeps,
): Promise<string> {
  const issuedAt = Math.floor(clock() / 1000);
  const claims = {
    ...(issuer !== undefined && { iss: issuer }),
    ...(audience !== undefined && { aud: audience }),
    [userIdClaim]: user,
    rooms: [room],
    iat: issuedAt,
    exp: issuedAt + SIGNED_SECONDS,
  };
  const key = new TextEncoder().encode(secret);
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(key);
}

const answerSchema = v.object({
  access_token: v.pipe(v.string(), v.nonEmpty()),
  /** Seconds. */
  expires_in: v.optional(v.number(), 0),
});

/** OAuth's client credentials grant, https://www.rfc-editor.org/rfc/rfc6749#section-4.4 */
async function issueToken(
  { tokenEndpoint, clientId, clientSecret, scope, audience }: Exclude<CanarySecret, { token: string }>,
  { fetch, patience }: TokensDeps,
): Promise<{ token: string; lifetimeMs: number }> {
  const credentials = `${formEncoded(clientId)}:${formEncoded(clientSecret)}`;
  const response = await fetch(tokenEndpoint, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      ...(scope !== undefined && { scope }),
      ...(audience !== undefined && { audience }),
    }).toString(),
    signal: AbortSignal.timeout(patience),
  });
  const answer: unknown = await response.json().catch(() => undefined);
  const parsed = v.safeParse(answerSchema, answer);
  if (response.status === 200 && parsed.success) {
    return { token: parsed.output.access_token, lifetimeMs: parsed.output.expires_in * 1000 };
  }
  // Quotes only OAuth's error code, such as invalid_client, because the answer may contain the request.
  const code = (answer as { error?: unknown } | undefined)?.error;
  const reason = typeof code === 'string' && /^\w{1,40}$/.test(code) ? `, ${code}` : '';
  throw new Error(`expected a token from the token endpoint, got status ${response.status}${reason}`);
}

/** Form encoding of id and secret, which RFC 6749, section 2.3.1, requires before they are joined by a colon. */
function formEncoded(text: string): string {
  return new URLSearchParams({ text }).toString().slice('text='.length);
}
