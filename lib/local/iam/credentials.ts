const PREFIX = 'function-';

/**
 * The credentials of a function. Its access key id names it, so a signed request says which function calls. AWS gives
 * temporary credentials of the role:
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export function functionCredentials(functionName: string): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: `${PREFIX}${functionName}`,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
  };
}

/**
 * The caller that a request names in its `Authorization` header. The signature itself is not verified.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html
 */
export type Signer =
  | { kind: 'nobody' }
  /** A developer's own tools: they may do everything. */
  | { kind: 'developer' }
  | { kind: 'function'; functionName: string };

export function signerOf(authorization: string | undefined): Signer {
  const [, rest] = /^AWS4-HMAC-SHA256\b(.*)$/.exec(authorization ?? '') ?? [];
  if (rest === undefined) return { kind: 'nobody' };
  const [, accessKeyId = ''] = /\bCredential=([^/,\s]+)/.exec(rest) ?? [];
  if (!accessKeyId.startsWith(PREFIX)) return { kind: 'developer' };
  return { kind: 'function', functionName: accessKeyId.slice(PREFIX.length) };
}
