import {
  ApiGatewayManagementApiClient,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEFAULT_QUOTAS } from '../../../lib/local/account-quotas.ts';
import { createThrottling } from '../../../lib/local/api-gateway/throttling.ts';
import type { StackDescription } from '../../../lib/local/description.ts';
import type { Handler } from '../../../lib/local/lambda/handler.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';
import { connect } from '../../support/test-client.ts';
import { startToy, type Toy } from '../toy-stack.ts';

const handlers: Record<string, Handler> = {
  door: async () => ({ statusCode: 200 }),
  echo: async () => ({ statusCode: 200, body: '{"type":"echo"}' }),
};
const routes = { $connect: 'door', $default: 'echo!', other: 'echo!' };

let time: ManualTime;
let toy: Toy;
let management: ApiGatewayManagementApiClient;

beforeEach(() => {
  time = manualTime();
});

async function start(options: Parameters<typeof startToy>[0]): Promise<void> {
  toy = await startToy(options);
  management = new ApiGatewayManagementApiClient({ endpoint: `${toy.endpoint}/toy`, maxAttempts: 1 });
}

afterEach(async () => {
  management?.destroy();
  await toy?.close();
});

// https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html: 10,000 requests a second and 5,000 at once,
// "across HTTP APIs, REST APIs, WebSocket APIs, and WebSocket callback APIs".
test('the token bucket of the account takes 5,000 requests at once and then 10,000 a second, calls and messages together', async () => {
  const api = { routeSelectionExpression: '', routes: {} };
  const throttling = createThrottling({ quotas: DEFAULT_QUOTAS, api, time, print: () => undefined });
  const admitted = (requests: number) =>
    Array.from({ length: requests }, (_, index) =>
      index % 2 === 0 ? throttling.admitsCall() : throttling.admitsMessage('$default'),
    ).filter(Boolean).length;
  expect(admitted(6_000)).toBe(5_000);
  await time.advance(100);
  expect(admitted(2_000)).toBe(1_000);
  await time.advance(3_600_000);
  expect(admitted(6_000)).toBe(5_000);
});

// The exception and its status: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
test('the token bucket of the account refuses a call to @connections with LimitExceededException, also for a client that is gone', async () => {
  await start({ handlers, routes, time, quotas: { requestsPerSecond: 10, requestBurst: 3 } });
  const client = await connect(toy.endpoint);
  const ConnectionId = toy.connections()[0]?.connectionId;
  const post = () => management.send(new PostToConnectionCommand({ ConnectionId, Data: '{"type":"hi"}' }));
  await post();
  await management.send(new GetConnectionCommand({ ConnectionId }));
  const refused = { name: 'LimitExceededException', $metadata: { httpStatusCode: 429 } };
  await expect(post()).rejects.toMatchObject(refused);
  const gone = new PostToConnectionCommand({ ConnectionId: 'gone', Data: 'x' });
  await expect(management.send(gone)).rejects.toMatchObject(refused);
  expect(toy.printed).toEqual([
    'api: a call to @connections is throttled, the account may make 10 requests a second, 3 at once',
  ]);
  await time.advance(100);
  await post();
  expect(client.frames).toHaveLength(2);
});

// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html: "Clients may receive 429 Too
// Many Requests error responses at this point." What that is on an open WebSocket AWS does not say: a frame of API
// Gateway's own, without a type, stands for it here, and nothing may depend on its words.
test('the token bucket of the account answers a message that is too many with a frame of API Gateway, and the connection stays open', async () => {
  await start({ handlers, routes, time, quotas: { requestsPerSecond: 10, requestBurst: 2 } });
  const client = await connect(toy.endpoint);
  client.send('x');
  expect(await client.next()).toEqual({ type: 'echo' });
  client.send('x');
  expect(await client.next()).toEqual({
    message: 'Too Many Requests',
    connectionId: expect.any(String),
    requestId: expect.any(String),
  });
  await time.advance(100);
  client.send('x');
  expect(await client.next()).toEqual({ type: 'echo' });
});

// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html
test('each route takes as many messages as its throttle says, and nothing from another', async () => {
  const throttle = { rateLimit: 1, burstLimit: 2 };
  const adapt = (stack: StackDescription) => ({
    ...stack,
    webSocketApi: { ...stack.webSocketApi, throttle },
  });
  await start({ handlers, routes, time, adapt });
  const client = await connect(toy.endpoint);
  for (let count = 0; count < 2; count += 1) {
    client.send('x');
    expect(await client.next()).toEqual({ type: 'echo' });
  }
  client.send('x');
  expect(await client.next()).toMatchObject({ message: 'Too Many Requests' });
  expect(toy.printed).toEqual([
    'api: a message is throttled, the route $default takes 1 a second, 2 at once',
  ]);
  client.send({ type: 'other' });
  expect(await client.next()).toEqual({ type: 'echo' });
  await connect(toy.endpoint);
  await expect(connect(toy.endpoint)).rejects.toMatchObject({ statusCode: 429 });
});

// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
test('an account opens 500 new connections a second by default; AWS does not say how many more at once', () => {
  const api = { routeSelectionExpression: '', routes: {} };
  const throttling = createThrottling({ quotas: DEFAULT_QUOTAS, api, time, print: () => undefined });
  const opened = Array.from({ length: 600 }, () => throttling.admitsConnection()).filter(Boolean);
  expect(opened).toHaveLength(500);
});

test('an account that has opened its connections of a second refuses the others with 429 before their $connect runs', async () => {
  let runs = 0;
  const door = async () => {
    runs += 1;
    return { statusCode: 200 };
  };
  await start({
    handlers: { door },
    routes: { $connect: 'door' },
    time,
    quotas: { connectionsPerSecond: 2 },
  });
  await connect(toy.endpoint);
  await connect(toy.endpoint);
  await expect(connect(toy.endpoint)).rejects.toMatchObject({
    statusCode: 429,
    body: expect.stringContaining('Too Many Requests'),
  });
  expect(runs).toBe(2);
  expect(toy.printed).toEqual(['api: a new connection is throttled, the account may open 2 a second']);
  await time.advance(500);
  await connect(toy.endpoint);
});
