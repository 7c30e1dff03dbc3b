import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  connectionsRequests,
  hashOnce,
  sha256 as sha256Of,
  signingKey,
} from '../../../lib/gateway/sign-request.ts';
import { headersOf } from './headers-of.ts';

const { sha256 } = new ApiGatewayManagementApiClient({ region: 'eu-west-1' }).config;
const MIDNIGHT = Date.parse('2026-03-01T00:00:00Z');

const endpoints = fc
  .tuple(
    fc.constantFrom(
      'https://a1.execute-api.eu-west-1.amazonaws.com',
      'http://localhost:4001',
      'http://[::1]:80',
    ),
    fc.constantFrom('', '/prod', '/prod/', '/a/b', "/it's", '/é x', '/%40x%2Fy', '/$default'),
  )
  .map((parts) => new URL(parts.join('')));

const connectionIds = fc.oneof(
  fc.base64String(),
  // One or two dots alone would be a step in the path; no connection is called that.
  fc.string({ unit: 'grapheme' }).filter((id) => !/^\.{1,2}$/.test(id)),
  fc.string({ unit: fc.constantFrom(..."a%2F/.+=!*'()?&#@~ é\u{1F600}") }).map((id) => `${id}=`),
);

const calls = fc.record({
  endpoint: endpoints,
  method: fc.constantFrom('POST' as const, 'DELETE' as const),
  connectionId: connectionIds,
  body: fc.oneof(fc.uint8Array(), fc.constant(new Uint8Array(128 * 1024).fill(7))),
  credentials: fc.record({
    accessKeyId: fc.stringMatching(/^[A-Z0-9]{4,20}$/),
    secretAccessKey: fc.string({ unit: 'grapheme', minLength: 1 }),
    sessionToken: fc.base64String(),
  }),
  region: fc.constantFrom('eu-west-1', 'us-east-1', 'ap-southeast-2'),
  time: fc.oneof(
    fc.integer({ min: 0, max: Date.parse('2099-12-31T23:59:59Z') }),
    fc.integer({ min: -2_000, max: 2_000 }).map((milliseconds) => MIDNIGHT + milliseconds),
  ),
});

it('a request is signed as @smithy/signature-v4 signs it', async () => {
  await fc.assert(
    fc.asyncProperty(calls, async ({ endpoint, method, connectionId, body, credentials, region, time }) => {
      const content = method === 'POST' ? { body } : {};
      const key = signingKey(credentials, region, time);
      const ours = connectionsRequests(endpoint)({ method, connectionId, ...content, key });
      const headers = headersOf(ours);

      const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256 });
      // The other headers are added in signing.
      const own = ['host', 'content-type', 'content-length'].filter((name) => name in headers);
      const { protocol, hostname } = endpoint;
      const theirs = await signer.sign(
        {
          ...{ method, protocol, hostname, path: ours.path, query: {}, ...content },
          headers: Object.fromEntries(own.map((name) => [name, headers[name] ?? ''])),
        },
        { signingDate: new Date(time) },
      );
      expect(headers).toEqual(theirs.headers);
    }),
    { numRuns: 300 },
  );
});

it('a body is hashed once, and another one of the same length has a hash of its own', () => {
  const hashed: Uint8Array[] = [];
  const hashOf = hashOnce((body) => {
    hashed.push(body);
    return sha256Of(body);
  });
  const [one, other] = [new Uint8Array(3), new Uint8Array(3).fill(1)];
  const hashes = [hashOf(one), hashOf(one), hashOf(other), hashOf(one)];
  expect(hashes).toEqual([sha256Of(one), sha256Of(one), sha256Of(other), sha256Of(one)]);
  expect(hashed).toEqual([one, other]);
});

it('the requests of one frame share its hash', () => {
  const key = signingKey({ accessKeyId: 'test', secretAccessKey: 'test' }, 'eu-west-1', 0);
  const requestOf = connectionsRequests(new URL('http://localhost/dev'));
  const body = new TextEncoder().encode('{}');
  const hashFor = (connectionId: string) =>
    headersOf(requestOf({ method: 'POST', connectionId, body, key }))['x-amz-content-sha256'];
  const hash = sha256Of(body);
  expect(hashFor('one=')).toBe(hash);
  // A change, which nobody may make, shows that it is not looked at again.
  body.fill(0);
  expect(hashFor('other=')).toBe(hash);
});
