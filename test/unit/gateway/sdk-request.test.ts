import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { describe, expect, it } from 'vitest';
import {
  authorization,
  connectionsRequests,
  percentEncoded,
  signingKey,
} from '../../../lib/gateway/sign-request.ts';
import { headersOf } from './headers-of.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'a+token/=' };
const region = 'eu-west-1';
const frame = new TextEncoder().encode('{"type":"é"}');

interface SentRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
}

/** What the SDK would send. */
async function requestOfSdk(endpoint: string, method: 'POST' | 'DELETE', id: string): Promise<SentRequest> {
  let sent: SentRequest | undefined;
  const handle = async (request: SentRequest) => {
    sent = request;
    return { response: { statusCode: 200, headers: {} } };
  };
  const client = new ApiGatewayManagementApiClient({
    ...{ endpoint, region, credentials },
    requestHandler: { handle } as never,
  });
  if (method === 'POST') await client.send(new PostToConnectionCommand({ ConnectionId: id, Data: frame }));
  else await client.send(new DeleteConnectionCommand({ ConnectionId: id }));
  if (sent === undefined) throw new Error('nothing was sent');
  return sent;
}

function keyOf({ headers }: SentRequest) {
  const date = headers['x-amz-date']?.replace(/(....)(..)(..T..)(..)(.*)/, '$1-$2-$3:$4:$5') ?? '';
  return signingKey(credentials, region, Date.parse(date));
}

const signedNames = (authorized = '') => /SignedHeaders=([^,]*)/.exec(authorized)?.[1]?.split(';') ?? [];
/** What the SDK tells about itself. */
const isAboutSdk = (name: string) => /^amz-sdk-|user-agent$/.test(name);

describe.each(['POST', 'DELETE'] as const)('a %s', (method) => {
  it.each([
    ['https://a1b2c3.execute-api.eu-west-1.amazonaws.com/prod', 'L0SM9cOFvHcCIhw='],
    ['http://localhost:4001', 'a/b'],
    ['http://localhost:4001/a/b%20c', "é\u{1F600}!*'()%2F"],
  ])('a request to %s, connection %j, is the request of the SDK', async (endpoint, connectionId) => {
    const theirs = await requestOfSdk(endpoint, method, connectionId);
    const key = keyOf(theirs);
    const call = { method, connectionId, key, ...(method === 'POST' && { body: frame }) };
    const ours = connectionsRequests(new URL(endpoint))(call);
    expect(ours.path).toBe(theirs.path);

    const { authorization: ourAuthorization, ...ourHeaders } = headersOf(ours);
    const { authorization: theirAuthorization, ...theirHeaders } = theirs.headers;
    const names = Object.keys(theirHeaders).filter((name) => !isAboutSdk(name));
    expect(ourHeaders).toEqual(Object.fromEntries(names.map((name) => [name, theirHeaders[name]])));
    expect(signedNames(ourAuthorization)).toEqual(
      signedNames(theirAuthorization).filter((name) => !isAboutSdk(name)),
    );
  });

  it('a request with the headers of the SDK gets its signature', async () => {
    const { path, headers } = await requestOfSdk('http://localhost:4001/dev', method, 'a/b%2F=');
    const request = {
      method,
      canonicalPath: path.split('/').map(percentEncoded).join('/'),
      headers: signedNames(headers['authorization']).flatMap((name) => [name, headers[name] ?? '']),
      bodyHash: headers['x-amz-content-sha256'] ?? '',
    };
    expect(authorization(request, keyOf({ method, path, headers }))).toBe(headers['authorization']);
  });
});
