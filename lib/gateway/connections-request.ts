import { hashOnce } from './body-hash.ts';
import { authorization, percentEncoded } from './sign-request.ts';
import type { SigningKey } from './signing-key.ts';

/** As it goes over the wire. */
export interface HttpRequest {
  method: 'POST' | 'DELETE';
  path: string;
  /** Name, value, name, value …; the form that Node sends without looking at each of them. */
  headers: readonly string[];
  body: Uint8Array | undefined;
}

/** Makes a signed request to `@connections/{id}`. Throws for an id that is not well-formed Unicode. */
export type MakeRequest = (call: {
  method: 'POST' | 'DELETE';
  connectionId: string;
  body?: Uint8Array;
  key: SigningKey;
}) => HttpRequest;

const NOTHING = new Uint8Array();

/** The requests are those of the SDK, without the headers that tell about the SDK. */
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
