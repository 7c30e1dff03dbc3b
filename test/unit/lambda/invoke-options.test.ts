import type { IncomingMessage } from 'node:http';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { invokeOptions } from '../../../lib/lambda/client-options.ts';
import { listen, type TestServer } from '../../support/serve-aws-json.ts';

let status = 200;
let requests: IncomingMessage['socket'][] = [];
let server: TestServer;
beforeAll(async () => {
  server = await listen((request, response) => {
    requests.push(request.socket);
    response.writeHead(status).end('{}');
  });
});
afterAll(() => server.close());
beforeEach(() => {
  requests = [];
});

function invoker(): () => Promise<unknown> {
  const client = new LambdaClient({ ...invokeOptions, endpoint: server.url });
  return () => client.send(new InvokeCommand({ FunctionName: 'w' }));
}

it('a worker is invoked once, even after an error, because a second try would post its slice twice', async () => {
  status = 500;
  await expect(invoker()()).rejects.toThrow();
  expect(requests).toHaveLength(1);
});

it('every worker is invoked over a new connection, because a kept one may be broken', async () => {
  status = 200;
  const invoke = invoker();
  await invoke();
  await invoke();
  expect(new Set(requests).size).toBe(2);
});
