import type { IncomingMessage, ServerResponse } from 'node:http';
import { SignJWT } from 'jose';
import { readBody, tooLargeSentence } from '../http/request.ts';
import type { Time } from '../time.ts';
import type { DevelopmentKey } from './development-key.ts';

export interface DevTokensOptions {
  /** How the application verifies tokens: by the keys of `jwks()`, or by a secret (HS256). */
  mode: { kind: 'jwks'; key: DevelopmentKey } | { kind: 'shared-secret'; secret: string };
  /** Left out of the tokens when absent. */
  issuer?: string | null | undefined;
  /** Left out of the tokens when absent. */
  audience?: string | null | undefined;
  /** The claim that holds the user id for the application. Default: `sub`. */
  userIdClaim?: string | undefined;
  /** The claims of tokens that are requested by OAuth's client credentials grant. */
  grantClaims?: Record<string, unknown> | undefined;
  time: Time;
}

export interface DevTokens {
  /**
   * `POST /dev/token {"sub":"alice"}` → `{"token":"…"}`; 400 with a sentence for any other body. It is also a token endpoint for
   * OAuth's client credentials grant, which gives every client a token for its client id.
   */
  handleToken(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** The answer of `/.well-known/jwks.json`; no key if tokens are signed with a secret. */
  jwks(): { keys: DevelopmentKey['publicJwk'][] };
}

/** Issues a token for any user to any caller. For development only; the local emulator refuses callers from other machines. */
export function devTokens(options: DevTokensOptions): DevTokens {
  return {
    async handleToken(request, response) {
      if (request.method !== 'POST') {
        answer(response, 405, { error: 'Ask for a token with POST.' }, { allow: 'POST' });
        return;
      }
      try {
        const asked = await readTokenRequest(request);
        const { expiresIn, isGrant } = asked;
        const token = await sign(isGrant ? { ...asked, claims: options.grantClaims ?? {} } : asked, options);
        const issued = { access_token: token, token_type: 'Bearer', expires_in: expiresIn };
        answer(response, 200, isGrant ? issued : { token });
      } catch (error) {
        if (!(error instanceof TokenRequestError)) throw error;
        answer(response, error.statusCode, { error: error.message });
      }
    },
    jwks: () => ({ keys: options.mode.kind === 'jwks' ? [options.mode.key.publicJwk] : [] }),
  };
}

async function sign({ sub, expiresIn, claims }: TokenRequest, options: DevTokensOptions): Promise<string> {
  const { mode, issuer, audience, userIdClaim = 'sub' } = options;
  const issuedAt = Math.floor(options.time.now() / 1000);
  const token = new SignJWT({
    ...(issuer && { iss: issuer }),
    ...(audience && { aud: audience }),
    iat: issuedAt,
    [userIdClaim]: sub,
    // After the user id, so that a claim can override it, for example with a number.
    ...claims,
    sub,
    exp: issuedAt + expiresIn,
  });
  if (mode.kind === 'shared-secret') {
    return token.setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(new TextEncoder().encode(mode.secret));
  }
  const { privateKey, publicJwk } = mode.key;
  return token.setProtectedHeader({ alg: publicJwk.alg, kid: publicJwk.kid, typ: 'JWT' }).sign(privateKey);
}

function answer(
  response: ServerResponse,
  statusCode: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(statusCode, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

interface TokenRequest {
  sub: string;
  /** Seconds from now. Zero or less makes an expired token. */
  expiresIn: number;
  claims: Record<string, unknown>;
  /** Whether OAuth's client credentials grant was used, which has its own form of answer. */
  isGrant: boolean;
}

/** A refused token request. The message says what was expected. */
class TokenRequestError extends Error {
  override readonly name = 'TokenRequestError';
  readonly statusCode: number;

  constructor(message: string, statusCode = 400) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** A longer token would not fit into a message of API Gateway. */
const MAX_BODY = 128 * 1024;

const DEFAULT_EXPIRES_IN = 3600;
const FIELDS = ['sub', 'expiresIn', 'claims'];

/** Reads `{ "sub", "expiresIn"?, "claims"? }`, or a form with a grant; rejects with a `TokenRequestError`. */
async function readTokenRequest(message: IncomingMessage): Promise<TokenRequest> {
  const body = (await readBody(message, MAX_BODY))?.toString();
  if (body === undefined) {
    throw new TokenRequestError(`${tooLargeSentence(MAX_BODY)} Ask for fewer claims.`, 413);
  }
  const { authorization = '', 'content-type': contentType = '' } = message.headers;
  if (contentType.startsWith('application/x-www-form-urlencoded')) return readGrant(body, authorization);
  const request = parseObject(body);
  const { sub, expiresIn = DEFAULT_EXPIRES_IN, claims = {} } = request;
  const unknown = Object.keys(request).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) {
    throw new TokenRequestError(`There is no field "${unknown}"; a claim of your own goes into "claims".`);
  }
  if (typeof sub !== 'string' || sub === '') {
    throw new TokenRequestError('"sub" must be a string that is not empty: the id of the user.');
  }
  if (typeof expiresIn !== 'number' || !Number.isSafeInteger(expiresIn)) {
    throw new TokenRequestError('"expiresIn" must be a whole number of seconds; it may be negative.');
  }
  if (!isObject(claims)) throw new TokenRequestError('"claims" must be an object.');
  return { sub, expiresIn, claims, isGrant: false };
}

/** https://www.rfc-editor.org/rfc/rfc6749#section-4.4 */
function readGrant(body: string, authorization: string): TokenRequest {
  if (new URLSearchParams(body).get('grant_type') !== 'client_credentials') {
    throw new TokenRequestError('"grant_type" must be "client_credentials".');
  }
  const [, credentials = ''] = authorization.match(/^Basic ([\w+/=]+)$/) ?? [];
  const [id = ''] = Buffer.from(credentials, 'base64').toString().split(':');
  if (id === '') throw new TokenRequestError('The client must name itself by Basic authorization.');
  const sub = new URLSearchParams(`id=${id}`).get('id') ?? id;
  return { sub, expiresIn: DEFAULT_EXPIRES_IN, claims: {}, isGrant: true };
}

function parseObject(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    if (isObject(value)) return value;
  } catch {
    // The error below covers this case.
  }
  throw new TokenRequestError('The body must be a JSON object such as {"sub":"alice","expiresIn":3600}.');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
