import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clock, Gateway } from '../../../lib/core/ports.ts';
import { managementApiGateway } from '../../../lib/gateway/management-api-gateway.ts';
import { outcomeOfStatus } from '../../../lib/gateway/signed-gateway.ts';
import { listen, type TestServer } from '../../support/serve-aws-json.ts';
import { openGateway } from './open-gateway.ts';

let status = 200;
let server: TestServer;
beforeAll(async () => {
  server = await listen((_, response) => {
    response.writeHead(status, { 'content-type': 'text/html' });
    response.end();
  });
});
afterAll(() => server.close());

describe.each<[string, (options: { endpoint: string; timeoutMs: number; clock: Clock }) => Gateway]>([
  ['through the AWS SDK', managementApiGateway],
  ['without the AWS SDK', openGateway],
])('an answer that lacks the error type of the SDK, %s,', (_, open) => {
  it.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [410, 'gone'],
    [429, 'throttled'],
    [500, 'unavailable'],
    [503, 'unavailable'],
    [302, 'refused'],
    [400, 'refused'],
    [403, 'refused'],
    // A wrong CALLBACK_URL: it says nothing about the connection, so no rows may go.
    [404, 'refused'],
    [413, 'refused'],
  ])(
    'an answer without the error type of the SDK is decided by its status: %d is %s',
    async (answered, outcome) => {
      status = answered;
      const gateway = open({ endpoint: server.url, timeoutMs: 10_000, clock: Date.now });
      expect(await gateway.post('c=', new TextEncoder().encode('{}'))).toBe(outcome);
      expect(await gateway.close('c=')).toBe(outcome);
    },
  );
});

it.each([
  [undefined, 'unavailable'],
  [199, 'refused'],
  [200, 'delivered'],
  [299, 'delivered'],
  [300, 'refused'],
  [499, 'refused'],
  [500, 'unavailable'],
] as const)('the status %s is an outcome by the class that it is in: %s', (answered, outcome) => {
  expect(outcomeOfStatus(answered)).toBe(outcome);
});
