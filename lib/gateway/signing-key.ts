import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** The providers of any AWS SDK client's `config` are such. */
export interface SigningIdentity {
  /** Asked once a second; that it looks for new credentials in time is its own business. */
  credentials: () => Promise<Credentials>;
  region: string | (() => Promise<string>);
}

/** All that signing a request takes, besides the request; for one second, since a signature says when it was made. */
export interface SigningKey {
  accessKeyId: string;
  sessionToken: string | undefined;
  /** `20260131T235959Z`. */
  date: string;
  /** `20260131/eu-west-1/execute-api/aws4_request`. */
  scope: string;
  /** Not its bytes: Node 24 takes several times as long to sign with those. */
  key: KeyObject;
}

const SERVICE = 'execute-api';

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();

export function signingKey(credentials: Credentials, region: string, time: number): SigningKey {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const date = new Date(time).toISOString().replace(/\.\d+|[-:]/g, '');
  const parts = [date.slice(0, 8), region, SERVICE, 'aws4_request'];
  const key = createSecretKey(parts.reduce(hmac, Buffer.from(`AWS4${secretAccessKey}`)));
  return { accessKeyId, sessionToken, date, scope: parts.join('/'), key };
}

/**
 * The key for a time, made once for each second. A promise while it is being made, and the key itself from then on: a
 * promise for each post would cost more than its signature. Rejects when there are no credentials; the next call asks
 * again.
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
