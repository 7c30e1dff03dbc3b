import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { managementApiGateway } from '../../../lib/gateway/management-api-gateway.ts';
import { listen, type TestServer } from '../../support/serve-aws-json.ts';

let status = 200;
let server: TestServer;
beforeAll(async () => {
  server = await listen((_, response) => {
    response.writeHead(status, { 'content-type': 'text/html' });
    response.end();
  });
});
afterAll(() => server.close());

describe('an answer that lacks the error type of the SDK', () => {
  it.each([
    [410, 'gone'],
    [429, 'throttled'],
    [500, 'unavailable'],
    [503, 'unavailable'],
    [400, 'refused'],
    [403, 'refused'],
    [413, 'refused'],
  ])('is decided by its status: %d is %s', async (answered, outcome) => {
    status = answered;
    const gateway = managementApiGateway({ endpoint: server.url, timeoutMs: 10_000 });
    expect(await gateway.post('c=', new TextEncoder().encode('{}'))).toBe(outcome);
    expect(await gateway.close('c=')).toBe(outcome);
  });
});
