import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, type TestClient } from '../../support/test-client.ts';
import { within } from '../../support/within.ts';
import { startToy, type Toy } from '../toy-stack.ts';

const ANSWER = 'x'.repeat(120 * 1024);
/** More than may wait for a client, and than the sockets of both sides hold. */
const MANY = 200;
/** More than may wait for a client. */
const SOME = 40;

let toy: Toy;
let client: TestClient;
let answered = 0;
let disconnected: Promise<unknown>;

beforeEach(async () => {
  answered = 0;
  let tell: (event: unknown) => void = () => undefined;
  disconnected = new Promise((resolve) => {
    tell = resolve;
  });
  toy = await startToy({
    routes: { ask: 'answer!', $disconnect: 'leave' },
    handlers: {
      async answer() {
        answered += 1;
        return { statusCode: 200, body: ANSWER };
      },
      async leave(event) {
        tell(
          (event as { requestContext: { disconnectStatusCode: number } }).requestContext.disconnectStatusCode,
        );
      },
    },
  });
  client = await connect(toy.endpoint);
});
afterEach(() => toy.close());

async function cutOffCount(): Promise<unknown> {
  const stack = (await (await fetch(`${toy.endpoint}/dev/stack`)).json()) as Record<string, unknown>;
  return stack['connectionsCutOff'];
}

test('A client that sends messages and does not read is cut off, printed and counted, and $disconnect runs for it', async () => {
  client.rawSocket.pause();
  for (let number = 0; number < MANY; number += 1) client.send({ type: 'ask' });
  expect(await within(disconnected, '$disconnect')).toBe(1008);
  expect(toy.connections()).toEqual([]);
  expect(toy.printed).toEqual([
    expect.stringMatching(/^api: connection \S+ is cut off: .* 4 MB .*; 1 so far$/),
  ]);
  expect(await cutOffCount()).toBe(1);
});

test('A client that sends pings and reads no pong is cut off', async () => {
  const { rawSocket } = client;
  rawSocket.pause();
  // A masked ping of 125 bytes.
  const pings = Buffer.concat([Buffer.from([0x89, 0x80 | 125, 0, 0, 0, 0]), Buffer.alloc(125)]);
  const portion = Buffer.concat(Array.from({ length: 1_000 }, () => pings));
  const send = () => {
    while (!rawSocket.destroyed && rawSocket.write(portion));
  };
  rawSocket.on('drain', send);
  rawSocket.on('error', () => undefined);
  send();
  // By `ws`, which leaves so many pongs unsent and no more.
  expect(await within(disconnected, '$disconnect')).toBe(1006);
});

test('A client that reads gets as many answers as it has asked for', async () => {
  for (let number = 0; number < SOME; number += 1) {
    client.send({ type: 'ask' });
    expect(await client.nextText()).toBe(ANSWER);
  }
  expect(answered).toBe(SOME);
  expect(await cutOffCount()).toBe(0);
});
