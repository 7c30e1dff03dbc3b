import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** Credentials and region of the signer, as providers in the form of an AWS SDK client's `config`. */
export interface SigningIdentity {
  /** Called once a second. The provider itself must refresh credentials before they expire. */
  credentials: () => Promise<Credentials>;
  region: string | (() => Promise<string>);
}

/** The key that signs requests of one second: a signature contains its time. */
export interface SigningKey {
  accessKeyId: string;
  sessionToken: string | undefined;
  /** `20260131T235959Z`. */
  date: string;
  /** `20260131/eu-west-1/execute-api/aws4_request`. */
  scope: string;
  /** A KeyObject, because Node 24 takes several times as long to sign with the bytes. */
  key: KeyObject;
}

const SERVICE = 'execute-api';

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** The key for a time (epoch milliseconds), as AWS Signature Version 4 derives it. */
export function signingKey(credentials: Credentials, region: string, time: number): SigningKey {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const date = new Date(time).toISOString().replace(/\.\d+|[-:]/g, '');
  const parts = [date.slice(0, 8), region, SERVICE, 'aws4_request'];
  const key = createSecretKey(parts.reduce(hmac, Buffer.from(`AWS4${secretAccessKey}`)));
  return { accessKeyId, sessionToken, date, scope: parts.join('/'), key };
}

/**
 * The key for a time (epoch milliseconds), derived once a second. Returns a promise while it is derived, and the key
 * itself from then on, because a promise for each post would cost more than its signature. Rejects if there are no
 * credentials; the next call asks for them again.
 */
export function signingKeys({
  credentials,
  region,
}: SigningIdentity): (time: number) => SigningKey | Promise<SigningKey> {
  let second = Number.NaN;
  let current: SigningKey | Promise<SigningKey>;

  async function make(time: number): Promise<SigningKey> {
    const asked = second;
    try {
      const [identity, name] = await Promise.all([
        credentials(),
        typeof region === 'string' ? region : region(),
      ]);
      const made = signingKey(identity, name, time);
      if (second === asked) current = made;
      return made;
    } catch (error) {
      if (second === asked) second = Number.NaN;
      throw error;
    }
  }

  return (time) => {
    const asked = Math.floor(time / 1000);
    if (asked === second) return current;
    second = asked;
    current = make(time);
    return current;
  };
}

/** The parts of a request that are signed. */
interface RequestToSign {
  method: string;
  /** The path, percent-encoded twice. */
  canonicalPath: string;
  /** Name, value, name, value …; names are in lower case and sorted. All headers are signed. */
  headers: readonly string[];
  bodyHash: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** The `authorization` header of a request without a query, with AWS Signature Version 4. */
export function authorization(request: RequestToSign, signing: SigningKey): string {
  const { method, canonicalPath, headers, bodyHash } = request;
  let lines = '';
  let names = '';
  for (let index = 0; index < headers.length; index += 2) {
    lines += `${headers[index]}:${headers[index + 1]}\n`;
    names += `${index === 0 ? '' : ';'}${headers[index]}`;
  }
  const { accessKeyId, date, scope, key } = signing;
  const requestHash = sha256(`${method}\n${canonicalPath}\n\n${lines}\n${names}\n${bodyHash}`);
  const signature = createHmac('sha256', key)
    .update(`${ALGORITHM}\n${date}\n${scope}\n${requestHash}`)
    .digest('hex');
  return `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
}

/** Percent-encodes everything except letters, digits and `-_.~`, as AWS signatures require. */
export function percentEncoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The SHA-256 hash in hexadecimal digits. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A hash function that hashes each body once, even if many connections get it. Bodies must not be changed afterwards. */
export function hashOnce(hash: (body: Uint8Array) => string = sha256): (body: Uint8Array) => string {
  const hashes = new WeakMap<Uint8Array, string>();
  return (body) => {
    const cached = hashes.get(body);
    if (cached !== undefined) return cached;
    const computed = hash(body);
    hashes.set(body, computed);
    return computed;
  };
}

/** A signed request, ready to be sent. */
export interface HttpRequest {
  method: 'POST' | 'DELETE';
  path: string;
  /** Name, value, name, value …; Node sends this form without checking each header. */
  headers: readonly string[];
  body: Uint8Array | undefined;
}

/** Makes a signed request to `@connections/{id}`. Throws for an id that is not well-formed Unicode. */
type MakeRequest = (call: {
  method: 'POST' | 'DELETE';
  connectionId: string;
  body?: Uint8Array;
  key: SigningKey;
}) => HttpRequest;

const NOTHING = new Uint8Array();

/** Makes the same requests as the SDK, without the headers that describe the SDK. */
export function connectionsRequests({ host, pathname }: URL): MakeRequest {
  const segments = [...pathname.split('/').filter((segment) => segment !== ''), '@connections', ''];
  const path = `/${segments.join('/')}`;
  const canonicalPath = `/${segments.map(percentEncoded).join('/')}`;
  const hashOf = hashOnce();
  return ({ method, connectionId, body, key }) => {
    const id = percentEncoded(connectionId);
    const bodyHash = hashOf(body ?? NOTHING);
    const headers = body === undefined ? [] : contentHeaders(body);
    headers.push('host', host, 'x-amz-content-sha256', bodyHash, 'x-amz-date', key.date);
    if (key.sessionToken) headers.push('x-amz-security-token', key.sessionToken);
    const toSign = { method, canonicalPath: canonicalPath + percentEncoded(id), headers, bodyHash };
    headers.push('authorization', authorization(toSign, key));
    return { method, path: path + id, headers, body };
  };
}

function contentHeaders({ length }: Uint8Array): string[] {
  return ['content-length', String(length), 'content-type', 'application/octet-stream'];
}
