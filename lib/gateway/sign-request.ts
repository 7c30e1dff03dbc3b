import { createHmac } from 'node:crypto';
import { sha256 } from './body-hash.ts';
import type { SigningKey } from './signing-key.ts';

/** All of a request that its signature depends on. */
export interface RequestToSign {
  method: string;
  /** With its percent-encoding encoded once more. */
  canonicalPath: string;
  /** Name, value, name, value …; the names in lower case and in order. All of them are signed. */
  headers: readonly string[];
  bodyHash: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** The `authorization` header: AWS Signature Version 4, of a request without a query. */
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

/** Everything but the letters, digits and `-_.~`, as signatures want it and the SDK writes it. */
export function percentEncoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
