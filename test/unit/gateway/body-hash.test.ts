import { expect, it } from 'vitest';
import { connectionsRequests, hashOnce, sha256, signingKey } from '../../../lib/gateway/sign-request.ts';
import { headersOf } from './headers-of.ts';

it('a body is hashed once, and another one of the same length has a hash of its own', () => {
  const hashed: Uint8Array[] = [];
  const hashOf = hashOnce((body) => {
    hashed.push(body);
    return sha256(body);
  });
  const [one, other] = [new Uint8Array(3), new Uint8Array(3).fill(1)];
  const hashes = [hashOf(one), hashOf(one), hashOf(other), hashOf(one)];
  expect(hashes).toEqual([sha256(one), sha256(one), sha256(other), sha256(one)]);
  expect(hashed).toEqual([one, other]);
});

it('the requests of one frame share its hash', () => {
  const key = signingKey({ accessKeyId: 'test', secretAccessKey: 'test' }, 'eu-west-1', 0);
  const requestOf = connectionsRequests(new URL('http://localhost/dev'));
  const body = new TextEncoder().encode('{}');
  const hashFor = (connectionId: string) =>
    headersOf(requestOf({ method: 'POST', connectionId, body, key }))['x-amz-content-sha256'];
  const hash = sha256(body);
  expect(hashFor('one=')).toBe(hash);
  // A change, which nobody may make, shows that it is not looked at again.
  body.fill(0);
  expect(hashFor('other=')).toBe(hash);
});
