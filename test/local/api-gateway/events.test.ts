import { afterEach, expect, test } from 'vitest';
import type { Handler } from '../../../lib/local/lambda/handler.ts';
import { manualTime } from '../../support/manual-time.ts';
import { connect, type TestClientOptions } from '../../support/test-client.ts';
import { startToy, type Toy } from '../toy-stack.ts';

let toy: Toy;
afterEach(() => toy.close());

const startedAt = Date.UTC(2024, 1, 19, 7, 11, 42, 345);
const ID = /^[\w-]{15}=$/;

type Event = Record<string, unknown> & { requestContext: Record<string, unknown> };

/** A client, every event that its functions got, and what waits for the next one. */
async function record(path = '', options: TestClientOptions = {}) {
  const events: Event[] = [];
  let wake: () => void = () => undefined;
  const note: Handler = async (event) => {
    events.push(event as Event);
    wake();
    return { statusCode: 200, body: '{"type":"noted","data":{}}' };
  };
  const time = manualTime(startedAt);
  const routes = { $connect: 'note', $disconnect: 'note', $default: 'note!' };
  toy = await startToy({ handlers: { note }, routes, time });
  const client = await connect(`${toy.endpoint}${path}`, options);
  const another = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  return { client, events, time, another };
}

const commonContext = () => ({
  requestTimeEpoch: startedAt,
  requestTime: '19/Feb/2024:07:11:42 +0000',
  connectedAt: startedAt,
  messageDirection: 'IN',
  stage: 'toy',
  domainName: `localhost:${toy.port}`,
  apiId: expect.stringMatching(/^[a-z0-9]{10}$/),
  connectionId: expect.stringMatching(ID),
  requestId: expect.stringMatching(ID),
  extendedRequestId: expect.stringMatching(ID),
});

test('a CONNECT event has headers in the spelling of the client, and neither body nor query', async () => {
  const { events } = await record('', { headers: { 'User-Agent': 'toy/1', 'X-Twice': 'one' } });
  const { requestContext, headers, multiValueHeaders, ...rest } = events[0] as Event;
  expect(rest).toEqual({ isBase64Encoded: false });
  expect(requestContext).toEqual({
    ...commonContext(),
    routeKey: '$connect',
    eventType: 'CONNECT',
    identity: { sourceIp: '127.0.0.1', userAgent: 'toy/1' },
  });
  expect(requestContext['requestId']).toBe(requestContext['extendedRequestId']);
  expect(headers).toEqual({
    Host: `localhost:${toy.port}`,
    'Sec-WebSocket-Extensions': expect.any(String),
    'Sec-WebSocket-Key': expect.any(String),
    'Sec-WebSocket-Version': '13',
    'User-Agent': 'toy/1',
    'X-Amzn-Trace-Id': expect.stringMatching(/^Root=1-65d2ff2e-[0-9a-f]{24}$/),
    'X-Forwarded-For': '127.0.0.1',
    'X-Forwarded-Port': String(toy.port),
    'X-Forwarded-Proto': 'http',
    'X-Twice': 'one',
  });
  expect(multiValueHeaders).toMatchObject({ 'X-Twice': ['one'], 'Sec-WebSocket-Version': ['13'] });
});

test('a CONNECT event has the last value of each query parameter, and all of them beside', async () => {
  const { events } = await record('/path?room=1&room=2&name=a%20b&__proto__=x');
  const { queryStringParameters, multiValueQueryStringParameters } = events[0] as Event;
  expect(Object.entries(queryStringParameters as object)).toEqual([
    ['room', '2'],
    ['name', 'a b'],
    ['__proto__', 'x'],
  ]);
  expect(multiValueQueryStringParameters).toMatchObject({ room: ['1', '2'], name: ['a b'] });
});

test('a MESSAGE event has nothing but requestContext, body and isBase64Encoded', async () => {
  const { client, events, time } = await record();
  await time.advance(1_500);
  client.send('{"type":"hello","text":"…"}');
  await client.next();
  const [connected, { requestContext, ...rest } = connected] = events as [Event, Event];
  expect(rest).toEqual({ body: '{"type":"hello","text":"…"}', isBase64Encoded: false });
  expect(requestContext).toEqual({
    ...commonContext(),
    routeKey: '$default',
    eventType: 'MESSAGE',
    messageId: expect.stringMatching(ID),
    identity: { sourceIp: '127.0.0.1' },
    requestTimeEpoch: startedAt + 1_500,
    requestTime: '19/Feb/2024:07:11:43 +0000',
  });
  expect(requestContext['connectionId']).toBe(connected.requestContext['connectionId']);
  expect(requestContext['requestId']).not.toBe(connected.requestContext['requestId']);
});

test('a DISCONNECT event has code, reason and placeholder headers, and neither body nor messageId', async () => {
  const { client, events, another } = await record();
  const disconnected = another();
  await client.close(4_321, 'a reason');
  await disconnected;
  const { requestContext, ...rest } = events[1] as Event;
  const headers = { Host: `localhost:${toy.port}`, 'x-api-key': '', 'X-Forwarded-For': '', 'x-restapi': '' };
  expect(rest).toEqual({
    headers,
    multiValueHeaders: {
      Host: [headers.Host],
      'x-api-key': [''],
      'X-Forwarded-For': [''],
      'x-restapi': [''],
    },
    isBase64Encoded: false,
  });
  expect(requestContext).toEqual({
    ...commonContext(),
    routeKey: '$disconnect',
    eventType: 'DISCONNECT',
    identity: { sourceIp: '127.0.0.1' },
    disconnectStatusCode: 4_321,
    disconnectReason: 'a reason',
  });
});

test('a DISCONNECT event words the absence of a code as AWS does', async () => {
  const { client, events, another } = await record();
  const disconnected = another();
  await client.close();
  await disconnected;
  expect(events[1]?.requestContext).toMatchObject({
    disconnectStatusCode: 1005,
    disconnectReason: 'Client-side close frame status not set',
  });
});

test('a DISCONNECT event has code 1006 if the client cuts its connection', async () => {
  const { client, events, another } = await record();
  const disconnected = another();
  client.terminate();
  await disconnected;
  expect(events[1]?.requestContext).toMatchObject({ disconnectStatusCode: 1006, disconnectReason: '' });
});

test('a DISCONNECT event has code 1001 if the emulator stops, and its function still runs', async () => {
  const { client, events } = await record();
  await toy.close();
  expect(await client.closed).toEqual({ code: 1001, reason: 'Going away' });
  expect(events[1]?.requestContext).toMatchObject({
    eventType: 'DISCONNECT',
    disconnectStatusCode: 1001,
    disconnectReason: 'Going away',
  });
});
