import type { IncomingMessage, ServerResponse } from 'node:http';
import { SignJWT } from 'jose';
import type { Time } from '../time.ts';
import type { DevelopmentKey } from './development-key.ts';
import { readTokenRequest, type TokenRequest, TokenRequestError } from './token-request.ts';

export interface DevTokensOptions {
  /** How the application verifies: by the keys of `jwks()`, or by a secret (HS256). */
  mode: { kind: 'jwks'; key: DevelopmentKey } | { kind: 'shared-secret'; secret: string };
  /** Left out of the tokens when absent. */
  issuer?: string | null | undefined;
  /** Left out of the tokens when absent. */
  audience?: string | null | undefined;
  /** The claim in which the application looks for the user id. */
  userIdClaim?: string | undefined;
  /** In the tokens of clients that ask by OAuth's client credentials grant. */
  grantClaims?: Record<string, unknown> | undefined;
  time: Time;
}

export interface DevTokens {
  /**
   * `POST /dev/token {"sub":"alice"}` → `{"token":"…"}`; 400 with a sentence for anything else. It is a token endpoint of
   * OAuth's client credentials grant as well, which gives every client a token of its id.
   */
  handleToken(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** What `/.well-known/jwks.json` answers: no key when tokens are signed with a secret. */
  jwks(): { keys: DevelopmentKey['publicJwk'][] };
}

/** Gives anybody who asks a token for any user: for development only, and for callers of this machine alone. */
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
    // After the user id, so that it can be the number that some applications sign.
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
