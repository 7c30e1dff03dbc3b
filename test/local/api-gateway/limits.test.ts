import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Handler } from '../../../lib/local/lambda/handler.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';
import { connect, type TestClient } from '../../support/test-client.ts';
import { within } from '../../support/within.ts';
import { startToy, type Toy } from '../toy-stack.ts';

const KB = 1024;
const MINUTE = 60_000;

let toy: Toy;
let time: ManualTime;
let client: TestClient;
let disconnected: Promise<unknown>;
const bodies: string[] = [];

beforeEach(async () => {
  bodies.length = 0;
  let tell: (event: unknown) => void = () => undefined;
  disconnected = new Promise((resolve) => {
    tell = resolve;
  });
  const note: Handler = async (event) => {
    const { body } = event as { body: string };
    bodies.push(body);
    return { statusCode: 200, body: JSON.stringify({ type: 'length', data: { length: body.length } }) };
  };
  const leave: Handler = async (event) => {
    const { disconnectStatusCode, disconnectReason } = (event as { requestContext: Record<string, unknown> })
      .requestContext;
    tell({ code: disconnectStatusCode, reason: disconnectReason });
  };
  time = manualTime();
  toy = await startToy({
    handlers: { note, leave },
    routes: { $default: 'note!', $disconnect: 'leave' },
    time,
  });
  client = await connect(toy.endpoint);
});
afterEach(() => toy.close());

async function expectEnd(code: number, reason = '') {
  expect(await client.closed).toEqual({ code, reason });
  expect(await within(disconnected, '$disconnect')).toEqual({ code, reason });
}

/** One message in frames of these sizes. */
function sendFragments(...sizes: number[]) {
  for (const [index, size] of sizes.entries()) {
    client.webSocket.send('x'.repeat(size), { fin: index === sizes.length - 1 });
  }
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-binary-media-types.html (1003)
test('API Gateway takes a message of 32 KB in one frame', async () => {
  sendFragments(32 * KB);
  expect((await client.next()).data).toEqual({ length: 32 * KB });
});

test('API Gateway takes a message of 128 KB in frames of 32 KB', async () => {
  sendFragments(32 * KB, 32 * KB, 32 * KB, 32 * KB);
  expect((await client.next()).data).toEqual({ length: 128 * KB });
});

test('API Gateway closes with 1009 a message sent in one frame of more than 32 KB', async () => {
  sendFragments(32 * KB + 1);
  await expectEnd(1009);
  expect(bodies).toEqual([]);
});

test('API Gateway closes with 1009 when a later frame of a message is over 32 KB', async () => {
  sendFragments(10, 32 * KB + 1);
  await expectEnd(1009);
  expect(bodies).toEqual([]);
});

test('API Gateway closes with 1009 a message of more than 128 KB in small frames', async () => {
  sendFragments(32 * KB, 32 * KB, 32 * KB, 32 * KB, 1);
  await expectEnd(1009);
  expect(bodies).toEqual([]);
});

test('API Gateway closes with 1009 a message of many megabytes in one frame', async () => {
  sendFragments(20 * KB * KB);
  await expectEnd(1009);
});

test('API Gateway serves what was sent before an oversized frame, and nothing after it', async () => {
  client.webSocket.send('before');
  client.webSocket.send('x'.repeat(33 * KB));
  client.webSocket.send('after');
  await expectEnd(1009);
  expect(bodies).toEqual(['before']);
});

test('API Gateway closes with 1003 for a binary message', async () => {
  client.sendRaw(Buffer.from('{"type":"hello"}'));
  await expectEnd(1003);
  expect(bodies).toEqual([]);
});

test('API Gateway closes with 1001 after ten minutes without a message', async () => {
  await time.advance(10 * MINUTE - 1);
  expect(toy.connections()).toHaveLength(1);
  await time.advance(1);
  await expectEnd(1001, 'Going away');
});

test('a message of the client starts the ten minutes of its connection again', async () => {
  await time.advance(9 * MINUTE);
  client.send('x');
  await client.next();
  await time.advance(10 * MINUTE - 1);
  expect(client.webSocket.readyState).toBe(client.webSocket.OPEN);
  await time.advance(1);
  await expectEnd(1001, 'Going away');
});

test('a message to the client starts the ten minutes of its connection again', async () => {
  await time.advance(9 * MINUTE);
  const id = encodeURIComponent(toy.connections()[0]?.connectionId ?? '');
  const headers = { authorization: 'AWS4-HMAC-SHA256 x' };
  await fetch(`${toy.endpoint}/@connections/${id}`, { method: 'POST', body: '{"type":"x"}', headers });
  await client.next();
  await time.advance(9 * MINUTE);
  expect(client.webSocket.readyState).toBe(client.webSocket.OPEN);
  await time.advance(1 * MINUTE);
  await expectEnd(1001, 'Going away');
});

test('a protocol ping does not keep a connection', async () => {
  await time.advance(9 * MINUTE);
  const pong = new Promise((resolve) => client.webSocket.once('pong', resolve));
  client.webSocket.ping();
  await within(pong, 'the pong');
  await time.advance(1 * MINUTE);
  await expectEnd(1001, 'Going away');
});

test('API Gateway closes with 1001 after two hours, however busy the connection is', async () => {
  for (let minute = 0; minute < 119; minute += 7) {
    client.send('x');
    await client.next();
    await time.advance(7 * MINUTE);
  }
  expect(time.now() - (toy.connections()[0]?.connectedAt ?? 0)).toBe(119 * MINUTE);
  client.send('x');
  await client.next();
  await time.advance(MINUTE);
  await expectEnd(1001, 'Going away');
});

test('API Gateway leaves no timer behind for a connection that has ended', async () => {
  const before = time.pending;
  await client.close();
  await within(disconnected, '$disconnect');
  expect(time.pending).toBe(before - 2);
});
