import * as v from 'valibot';

const text = v.pipe(v.string(), v.nonEmpty());

const sourceSchema = v.variant('from', [
  /** The canary signs with the secret by which tokens are verified. */
  v.strictObject({
    from: v.literal('jwt-secret'),
    /** Name or ARN in Secrets Manager. */
    secretId: text,
    userIdClaim: text,
    issuer: v.optional(text),
    audience: v.optional(text),
  }),
  /** A secret of the canary's own: how it gets a token, or a token. */
  v.strictObject({ from: v.literal('canary-secret'), secretId: text }),
  /** There is no token: the canary starts at the bus. */
  v.strictObject({ from: v.literal('nowhere') }),
]);

/** Where the canary has its token from. */
export type TokenSource = v.InferOutput<typeof sourceSchema>;

/** Reads CANARY_TOKENS. Throws a sentence: a canary that guessed would watch something else than was meant. */
export function parseTokenSource(json: string): TokenSource {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), sourceSchema), json);
  if (parsed.success) return parsed.output;
  throw new Error(`CANARY_TOKENS: ${parsed.issues[0].message}`);
}

// Credentials travel over TLS; to this machine alone they may go without.
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

/** Credentials for OAuth's client credentials grant, or a token as it is. */
export type CanarySecret = v.InferOutput<typeof credentialsSchema> | { token: string };

/** Reads the canary's secret. Throws a sentence that quotes nothing of it. */
export function parseCanarySecret(json: string): CanarySecret {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(undefined, expected), secretSchema), json);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const field = v.getDotPath(issue);
  const problem = issue.message.startsWith('tokenEndpoint') ? issue.message : expected;
  throw new Error(`the canary's secret${field === null ? '' : `, ${field}`}: ${problem}`);
}
