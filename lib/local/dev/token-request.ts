import type { IncomingMessage } from 'node:http';
import { readBody, tooLargeSentence } from '../http/read-body.ts';

export interface TokenRequest {
  sub: string;
  /** Seconds from now; zero or less makes a token that has expired. */
  expiresIn: number;
  claims: Record<string, unknown>;
  /** Asked for as OAuth's client credentials grant does, which is answered in its own words. */
  isGrant: boolean;
}

/** What was expected, in a sentence for the developer who sent something else. */
export class TokenRequestError extends Error {
  override readonly name = 'TokenRequestError';
  readonly statusCode: number;

  constructor(message: string, statusCode = 400) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** API Gateway takes no message with a longer token. */
const LONGEST_BODY = 128 * 1024;

const DEFAULT_EXPIRES_IN = 3600;
const FIELDS = ['sub', 'expiresIn', 'claims'];

/** Reads `{ "sub", "expiresIn"?, "claims"? }`, or a form with a grant; rejects with a `TokenRequestError`. */
export async function readTokenRequest(message: IncomingMessage): Promise<TokenRequest> {
  const body = (await readBody(message, LONGEST_BODY))?.toString();
  if (body === undefined) {
    throw new TokenRequestError(`${tooLargeSentence(LONGEST_BODY)} Ask for fewer claims.`, 413);
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
    throw new TokenRequestError('"sub" must be a string that is not empty: the user whom the token is for.');
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
    // The sentence below says what is wrong with it.
  }
  throw new TokenRequestError('The body must be a JSON object such as {"sub":"alice","expiresIn":3600}.');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
