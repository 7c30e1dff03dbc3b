import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  GoneException,
  LimitExceededException,
  PayloadTooLargeException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Faults } from '../../../lib/local/faults.ts';
import type { Handler } from '../../../lib/local/lambda/handler.ts';
import { manualTime } from '../../support/manual-time.ts';
import { connect } from '../../support/test-client.ts';
import { within } from '../../support/within.ts';
import { startToy, type Toy } from '../toy-stack.ts';

const KB = 1024;
const startedAt = Date.UTC(2030, 0, 2, 3, 4, 5, 678);
const signed = { authorization: 'AWS4-HMAC-SHA256 Credential=x' };

let toy: Toy;
let api: ApiGatewayManagementApiClient;
const handlers: Record<string, Handler> = {};
const faults: Faults = {};
const time = manualTime(startedAt);

/** A client that makes one attempt, so that a test sees each answer. */
const managementClient = (endpoint: string) =>
  new ApiGatewayManagementApiClient({ endpoint, maxAttempts: 1 });

beforeEach(async () => {
  handlers['enter'] = async () => ({ statusCode: 200 });
  handlers['leave'] = async () => undefined;
  delete faults.onCall;
  const routes = { $connect: 'enter', $disconnect: 'leave' };
  toy = await startToy({ handlers, routes, faults, time });
  api = managementClient(toy.endpoint);
});
afterEach(async () => {
  api.destroy();
  await toy.close();
});

async function join() {
  const client = await connect(toy.endpoint, { headers: { 'User-Agent': 'toy/1' } });
  const ConnectionId = toy.connections().at(-1)?.connectionId ?? '';
  return { client, ConnectionId };
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
test('@connections posts exactly these bytes as one text frame', async () => {
  const { client, ConnectionId } = await join();
  const frame = new Promise((resolve) => {
    client.webSocket.once('message', (data, isBinary) => resolve({ data, isBinary }));
  });
  const Data = Buffer.from('{"type":"x", "text":"… \u{1F600}"}\n');
  const { $metadata } = await api.send(new PostToConnectionCommand({ ConnectionId, Data }));
  expect($metadata.httpStatusCode).toBe(200);
  expect(await frame).toEqual({ data: Data, isBinary: false });
});

test('@connections is reached with the endpoint that an event gives: domain name and stage', async () => {
  let context: Record<string, unknown> = {};
  handlers['enter'] = async (event) => {
    context = (event as { requestContext: Record<string, unknown> }).requestContext;
    return { statusCode: 200 };
  };
  const { client, ConnectionId } = await join();
  const { domainName, stage } = context;
  const staged = managementClient(`http://${domainName}/${stage}`);
  await staged.send(new PostToConnectionCommand({ ConnectionId, Data: '{"type":"x"}' }));
  staged.destroy();
  expect((await client.next()).type).toBe('x');
});

test.each(['/@connections/', '/%40connections/', '/toy/@connections/', '/toy/%40connections/'])(
  '@connections serves %s with the id as it is and percent-encoded',
  async (path) => {
    const { client, ConnectionId } = await join();
    for (const id of [ConnectionId, encodeURIComponent(ConnectionId)]) {
      const request = { method: 'POST', headers: signed, body: `{"type":"${id}"}` };
      expect((await fetch(`${toy.endpoint}${path}${id}`, request)).status).toBe(200);
      expect((await client.next()).type).toBe(id);
    }
  },
);

test('@connections answers 403 for a stage that the API does not have', async () => {
  const { ConnectionId } = await join();
  const other = managementClient(`${toy.endpoint}/other`);
  const posting = other.send(new PostToConnectionCommand({ ConnectionId, Data: 'x' }));
  await expect(posting).rejects.toMatchObject({
    name: 'ForbiddenException',
    $metadata: { httpStatusCode: 403 },
  });
  other.destroy();
});

test.each([undefined, 'Bearer token'])(
  '@connections answers 403 to a request that is not signed (%s)',
  async (authorization) => {
    const { client, ConnectionId } = await join();
    const answer = await fetch(`${toy.endpoint}/@connections/${ConnectionId}`, {
      method: 'POST',
      body: 'x',
      headers: authorization === undefined ? {} : { authorization },
    });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
    expect(await answer.json()).toEqual({ message: 'Missing Authentication Token' });
    expect(client.frames).toEqual([]);
  },
);

test('@connections takes 128 KB', async () => {
  const { client, ConnectionId } = await join();
  const Data = JSON.stringify({ type: 'x', data: { text: 'y'.repeat(127 * KB) } }).padEnd(128 * KB);
  await api.send(new PostToConnectionCommand({ ConnectionId, Data }));
  expect((await client.next()).type).toBe('x');
});

test.each([128 * KB + 1, 5 * KB * KB])(
  '@connections answers 413 PayloadTooLargeException for %i bytes',
  async (size) => {
    const { ConnectionId } = await join();
    const posting = api.send(new PostToConnectionCommand({ ConnectionId, Data: Buffer.alloc(size, 'x') }));
    await expect(posting).rejects.toThrow(PayloadTooLargeException);
  },
);

test('@connections answers 410 GoneException for a connection that has never been', async () => {
  const posting = api.send(new PostToConnectionCommand({ ConnectionId: 'TXzPWdnOjoECGjA=', Data: 'x' }));
  const error = await posting.catch((thrown) => thrown);
  expect(error).toBeInstanceOf(GoneException);
  expect(error).toMatchObject({ message: 'Gone', $metadata: { httpStatusCode: 410 } });
});

test('@connections answers 410 for an id that cannot be percent-decoded', async () => {
  const answer = await fetch(`${toy.endpoint}/@connections/%E0%A4%A`, {
    method: 'POST',
    body: 'x',
    headers: signed,
  });
  expect(answer.status).toBe(410);
});

test('@connections answers 410 GoneException for a closed connection, whatever the operation', async () => {
  const { client, ConnectionId } = await join();
  await client.close();
  for (const command of [
    new PostToConnectionCommand({ ConnectionId, Data: 'x' }),
    new DeleteConnectionCommand({ ConnectionId }),
  ]) {
    await expect(api.send(command as PostToConnectionCommand)).rejects.toThrow(GoneException);
  }
  await expect(api.send(new GetConnectionCommand({ ConnectionId }))).rejects.toThrow(GoneException);
});

test('@connections answers 410 GoneException while $connect is still running', async () => {
  let error: unknown;
  handlers['enter'] = async (event) => {
    const { connectionId: ConnectionId } = (event as { requestContext: { connectionId: string } })
      .requestContext;
    const posting = api.send(new PostToConnectionCommand({ ConnectionId, Data: 'x' }));
    error = await posting.catch((thrown) => thrown);
    return { statusCode: 200 };
  };
  const { client, ConnectionId } = await join();
  expect(error).toBeInstanceOf(GoneException);
  await api.send(new PostToConnectionCommand({ ConnectionId, Data: '{"type":"now"}' }));
  expect((await client.next()).type).toBe('now');
});

test('@connections gets times as ISO dates, and the identity', async () => {
  const { client, ConnectionId } = await join();
  await time.advance(60_000);
  await api.send(new PostToConnectionCommand({ ConnectionId, Data: '{"type":"x"}' }));
  await client.next();
  const connection = await api.send(new GetConnectionCommand({ ConnectionId }));
  const connectedAt = new Date(time.now() - 60_000);
  const expected = { ConnectedAt: connectedAt, LastActiveAt: new Date(time.now()) };
  expect(connection).toMatchObject({ ...expected, Identity: { SourceIp: '127.0.0.1', UserAgent: 'toy/1' } });
  const raw = await fetch(`${toy.endpoint}/@connections/${ConnectionId}`, { headers: signed });
  expect(await raw.json()).toMatchObject({ connectedAt: connectedAt.toISOString() });
});

test('@connections deletes a connection: 204, the client sees 1000, and $disconnect runs', async () => {
  let disconnected: (context: unknown) => void = () => undefined;
  const disconnecting = new Promise((resolve) => {
    disconnected = resolve;
  });
  handlers['leave'] = async (event) => disconnected((event as { requestContext: unknown }).requestContext);
  const { client, ConnectionId } = await join();
  const { $metadata } = await api.send(new DeleteConnectionCommand({ ConnectionId }));
  expect($metadata.httpStatusCode).toBe(204);
  await expect(api.send(new PostToConnectionCommand({ ConnectionId, Data: 'x' }))).rejects.toThrow(
    GoneException,
  );
  expect(await client.closed).toEqual({ code: 1000, reason: 'Connection Closed Normally' });
  expect(await within(disconnecting, '$disconnect')).toMatchObject({
    connectionId: ConnectionId,
    disconnectStatusCode: 1000,
    disconnectReason: 'Connection Closed Normally',
  });
});

test('@connections sends what was posted before it deletes the connection', async () => {
  const { client, ConnectionId } = await join();
  await api.send(new PostToConnectionCommand({ ConnectionId, Data: '{"type":"last words"}' }));
  await api.send(new DeleteConnectionCommand({ ConnectionId }));
  expect((await client.next()).type).toBe('last words');
  expect((await client.closed).code).toBe(1000);
});

test('@connections answers 429 LimitExceededException for a client that does not read', async () => {
  const { client, ConnectionId } = await join();
  client.webSocket.pause();
  const Data = JSON.stringify({ type: 'x', text: 'y'.repeat(120 * KB) });
  const flood = async () => {
    for (let count = 0; count < 400; count += 1) {
      await api.send(new PostToConnectionCommand({ ConnectionId, Data }));
    }
  };
  await expect(flood()).rejects.toThrow(LimitExceededException);
  client.webSocket.resume();
  await client.next();
  client.terminate();
});

test('@connections answers 429 LimitExceededException, which the SDK retries, when a fault throttles', async () => {
  const { client, ConnectionId } = await join();
  const operations: string[] = [];
  faults.onCall = async ({ service, operation, connectionId }) => {
    operations.push(`${service} ${operation} ${connectionId === ConnectionId}`);
    return operations.length === 1 ? 'throttle' : undefined;
  };
  const retrying = new ApiGatewayManagementApiClient({ endpoint: toy.endpoint });
  await retrying.send(new PostToConnectionCommand({ ConnectionId, Data: '{"type":"x"}' }));
  retrying.destroy();
  expect((await client.next()).type).toBe('x');
  expect(operations).toEqual(Array(2).fill('execute-api PostToConnection true'));
  faults.onCall = async () => 'throttle';
  const posting = api.send(new PostToConnectionCommand({ ConnectionId, Data: 'x' }));
  await expect(posting).rejects.toThrow(LimitExceededException);
});

test('@connections answers 500, hangs or cuts the connection when a fault says so', async () => {
  const { client, ConnectionId } = await join();
  const post = (options = {}) => api.send(new PostToConnectionCommand({ ConnectionId, Data: 'x' }), options);
  faults.onCall = async () => 'fail';
  await expect(post()).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
  faults.onCall = async () => 'drop';
  await expect(post()).rejects.toMatchObject({ code: 'ECONNRESET' });
  const controller = new AbortController();
  faults.onCall = async () => {
    setImmediate(() => controller.abort());
    return 'hang';
  };
  await expect(post({ abortSignal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
  expect(client.frames).toEqual([]);
});
