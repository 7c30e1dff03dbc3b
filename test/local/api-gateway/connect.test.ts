import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { Handler } from '../../../lib/local/lambda/handler.ts';
import { manualTime } from '../../support/manual-time.ts';
import { connect } from '../../support/test-client.ts';
import { within } from '../../support/within.ts';
import { startToy, type Toy, type ToyOptions } from '../toy-stack.ts';
import { answerTo, sendHandshake } from './raw-handshake.ts';

let toy: Toy;
afterEach(() => toy.close());
async function start(options: ToyOptions) {
  toy = await startToy(options);
  return toy;
}

const answering = (answer: unknown): ToyOptions => ({
  handlers: { door: async () => answer },
  routes: { $connect: 'door' },
});

test('API Gateway accepts every client, on any path, when there is no $connect route', async () => {
  const { endpoint, connections } = await start({ handlers: {}, routes: {} });
  await connect(endpoint);
  await connect(`${endpoint}/some/path?with=query`);
  expect(connections()).toHaveLength(2);
});

// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
test('API Gateway runs $connect before the 101', async () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let asked: () => void = () => undefined;
  const asking = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const door: Handler = async () => {
    asked();
    await opened;
    return { statusCode: 200 };
  };
  const { endpoint, connections } = await start({ handlers: { door }, routes: { $connect: 'door' } });
  const connecting = connect(endpoint);
  await asking;
  expect(connections()).toHaveLength(0);
  open();
  await connecting;
  expect(connections()).toHaveLength(1);
});

test.each([401, 403, 404, 500])(
  'API Gateway answers the handshake with the status %i that $connect returned',
  async (statusCode) => {
    const { endpoint, connections } = await start(answering({ statusCode, body: 'no' }));
    await expect(connect(endpoint)).rejects.toMatchObject({ statusCode });
    expect(connections()).toHaveLength(0);
  },
);

test.each([
  ['throws', answering(undefined).routes, () => Promise.reject(new Error('no'))],
  ['answers nothing', answering(undefined).routes, async () => undefined],
  ['answers no usable status', answering(undefined).routes, async () => ({ statusCode: '200' })],
])('API Gateway answers the handshake with 502 when $connect %s', async (_, routes, door) => {
  const { endpoint } = await start({ handlers: { door }, routes });
  await expect(connect(endpoint)).rejects.toMatchObject({ statusCode: 502 });
});

test('API Gateway answers the handshake with 502 when $connect runs into its timeout', async () => {
  const time = manualTime();
  let asked: () => void = () => undefined;
  const asking = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const door = () => {
    asked();
    return new Promise(() => undefined);
  };
  const { endpoint } = await start({ handlers: { door }, routes: { $connect: 'door' }, time });
  const refused = expect(connect(endpoint)).rejects.toMatchObject({ statusCode: 502 });
  await asking;
  await time.advance(3_000);
  await refused;
});

test('API Gateway does not run $disconnect for a client that $connect refused', async () => {
  const seen: unknown[] = [];
  const door: Handler = async (event) => {
    seen.push((event as { requestContext: { eventType: string } }).requestContext.eventType);
    return { statusCode: 403 };
  };
  const { endpoint, close } = await start({
    handlers: { door },
    routes: { $connect: 'door', $disconnect: 'door' },
  });
  await expect(connect(endpoint)).rejects.toMatchObject({ statusCode: 403 });
  await close();
  expect(seen).toEqual(['CONNECT']);
});

// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html
test('API Gateway selects the subprotocol that $connect answers', async () => {
  const headers = { 'sec-websocket-protocol': 'second' };
  const { endpoint } = await start(answering({ statusCode: 200, headers }));
  const client = await connect(endpoint, { protocols: ['first', 'second'] });
  expect(client.webSocket.protocol).toBe('second');
});

test('API Gateway selects no subprotocol when $connect answers none', async () => {
  const { endpoint } = await start(answering({ statusCode: 200 }));
  // A client that has offered some refuses such an answer, so the answer itself is looked at.
  const socket = sendHandshake(endpoint, { 'Sec-WebSocket-Protocol': 'first' });
  const answer = await answerTo(socket);
  socket.destroy();
  expect(answer).toMatch(/^HTTP\/1\.1 101 /);
  expect(answer.toLowerCase()).not.toContain('sec-websocket-protocol');
});

test('API Gateway negotiates no compression', async () => {
  const { endpoint } = await start({ handlers: {}, routes: {} });
  const client = await connect(endpoint, { options: { perMessageDeflate: true } });
  expect(client.webSocket.extensions).toBe('');
});

test('API Gateway does not run $connect for a malformed handshake', async () => {
  let calls = 0;
  const door: Handler = async () => {
    calls += 1;
    return { statusCode: 200 };
  };
  const { endpoint } = await start({ handlers: { door }, routes: { $connect: 'door' } });
  expect(await answerTo(sendHandshake(endpoint, { 'Sec-WebSocket-Version': '7' }))).toMatch(
    /^HTTP\/1\.1 400 /,
  );
  expect(calls).toBe(0);
});

test('API Gateway runs $disconnect with 1006 for a client that left while its $connect ran', async () => {
  let disconnected: (event: unknown) => void = () => undefined;
  const disconnecting = new Promise<unknown>((resolve) => {
    disconnected = resolve;
  });
  let leave: () => void = () => undefined;
  const door: Handler = async (event) => {
    const { requestContext } = event as { requestContext: { eventType: string } };
    if (requestContext.eventType === 'DISCONNECT') disconnected(requestContext);
    else {
      const left = once(socket, 'close');
      leave();
      await left;
      // The reset has arrived by then; the server notices it in one of its next turns.
      for (let turn = 0; turn < 20; turn += 1) await setImmediate();
    }
    return { statusCode: 200 };
  };
  const { endpoint } = await start({ handlers: { door }, routes: { $connect: 'door', $disconnect: 'door' } });
  const socket = sendHandshake(endpoint);
  leave = () => void socket.resetAndDestroy();
  expect(await within(disconnecting, '$disconnect')).toMatchObject({ disconnectStatusCode: 1006 });
  expect(toy.connections()).toEqual([]);
});
