import * as v from 'valibot';
import { tokenDefaults } from './user.ts';

const text = v.pipe(v.string(), v.nonEmpty());
const userIdClaim = v.optional(text, tokenDefaults.userIdClaim);

// `https:`, so that nobody can change the keys on the network; `data:` contains the keys themselves.
const jwksUri = v.pipe(text, v.regex(/^(https:\/\/|data:)/, 'jwksUri must begin with https:// or data:'));

const jwks = v.pipe(
  v.strictObject({
    mode: v.literal('jwks'),
    issuer: v.nullable(text),
    audience: v.nullable(text),
    jwksUri: v.optional(jwksUri),
    userIdClaim,
  }),
  v.check(
    ({ issuer, audience }) => issuer !== null || audience !== null,
    'issuer and audience are both null: every token of the key owner would be accepted; give one of them',
  ),
  v.check(
    ({ issuer, jwksUri: uri }) => issuer !== null || uri !== undefined,
    'without an issuer, jwksUri is needed',
  ),
  v.check(
    ({ issuer, jwksUri: uri }) => uri !== undefined || issuer?.startsWith('https://') === true,
    'issuer must begin with https://, or jwksUri must say where its keys are',
  ),
);

const cognito = v.strictObject({
  mode: v.literal('cognito'),
  userPoolId: v.pipe(text, v.regex(/^[\w-]+_\w+$/, 'userPoolId must be like eu-west-1_a1B2c3D4e')),
  /** One app client or several, e.g. of the page, the app and the canary. */
  clientId: v.union([text, v.pipe(v.array(text), v.minLength(1))]),
  tokenUse: v.optional(v.picklist(['access', 'id']), tokenDefaults.tokenUse),
  userIdClaim,
});

const sharedSecret = v.strictObject({
  mode: v.literal('shared-secret'),
  /** Name or ARN in Secrets Manager. */
  secretId: text,
  issuer: v.optional(text),
  audience: v.optional(text),
  userIdClaim,
});

const settingsSchema = v.variant('mode', [jwks, cognito, sharedSecret]);

/**
 * How tokens are verified: by one mode, which the configuration chooses and never a token's header. A JWKS needs issuer
 * and audience; `null` skips one of them. With a shared secret both are optional, because today's tokens have neither.
 */
export type TokenSettings = v.InferOutput<typeof settingsSchema>;
export type TokenSettingsInput = v.InferInput<typeof settingsSchema>;
export type TokenMode = TokenSettings['mode'];
export type SettingsOf<Mode extends TokenMode> = Extract<TokenSettings, { mode: Mode }>;

/** Reads TOKEN_SETTINGS. Throws a sentence about the first mistake, because an incomplete check must stop the function. */
export function parseTokenSettings(json: string): TokenSettings {
  let settings: unknown;
  try {
    settings = JSON.parse(json);
  } catch (cause) {
    throw new Error(
      'TOKEN_SETTINGS: expected JSON such as {"mode":"jwks","issuer":"https://…","audience":"…"}',
      {
        cause,
      },
    );
  }
  const parsed = v.safeParse(settingsSchema, settings);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const where = v.getDotPath(issue);
  throw new Error(`TOKEN_SETTINGS${where === null ? '' : `.${where}`}: ${issue.message}`);
}

/** Reads TOKEN_SETTINGS for a function that was built for one mode. Throws if they have another mode. */
export function parseSettingsOf<Mode extends TokenMode>(json: string, mode: Mode): SettingsOf<Mode> {
  const settings = parseTokenSettings(json);
  if (settings.mode === mode) return settings as SettingsOf<Mode>;
  throw new Error(`TOKEN_SETTINGS.mode: expected "${mode}", which this function was built for`);
}
