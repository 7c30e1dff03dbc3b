import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { connect } from '../support/test-client.ts';
import { within } from '../support/within.ts';
import { startToy, type Toy } from './toy-stack.ts';

let toy: Toy;
beforeAll(async () => {
  toy = await startToy({
    routes: { echo: 'echo!' },
    handlers: { echo: async (event) => event },
  });
});
afterAll(() => toy.close());

/** As Java's HttpClient and `curl --http2` write it. */
const OFFER =
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n';
const HOST = 'Host: localhost\r\n';
const INVOKE =
  'POST /2015-03-31/functions/echo/invocations HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 x\r\n';

let socket: Socket;
beforeEach(async () => {
  socket = connectSocket(toy.port, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
});
afterEach(() => void socket.destroy());

/** Sends the chunks one after the other, each when it has been written; resolves when the answer contains the pattern. */
async function answerTo(chunks: string[], pattern: RegExp): Promise<string> {
  let answer = '';
  const matched = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      answer += chunk;
      if (pattern.test(answer)) resolve();
    });
  });
  for (const chunk of chunks) await new Promise<void>((resolve) => socket.write(chunk, () => resolve()));
  await within(matched, `${pattern} in what the server answers`);
  socket.removeAllListeners('data');
  return answer;
}

test('a request that offers to change to HTTP/2 is answered in HTTP/1.1 without a body', async () => {
  const answer = await answerTo([`GET /dev/stack HTTP/1.1\r\n${HOST}${OFFER}\r\n`], /"stage"/);
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});

test('a request that offers to change to HTTP/2 is answered in HTTP/1.1 with a body in the same packet', async () => {
  const request = `${INVOKE}${HOST}${OFFER}Content-Length: 7\r\n\r\n{"a":1}`;
  expect(await answerTo([request], /{"a":1}/)).toMatch(/^HTTP\/1\.1 200 /);
});

test('a request that offers to change to HTTP/2 is answered in HTTP/1.1 with a body that comes later, in pieces', async () => {
  const chunked = `${INVOKE}${HOST}${OFFER}Transfer-Encoding: chunked\r\n\r\n`;
  const answer = await answerTo([chunked, '4\r\n{"b"\r\n', '3\r\n:2}\r\n0\r\n\r\n'], /{"b":2}/);
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});

test('a request that offers to change to HTTP/2 is answered in HTTP/1.1 again and again on one connection', async () => {
  const request = `${INVOKE}${HOST}${OFFER}Content-Length: 7\r\n\r\n{"c":3}`;
  for (let time = 0; time < 12; time += 1) {
    expect(await answerTo([request], /{"c":3}/)).toMatch(/^HTTP\/1\.1 200 /);
  }
});

test('a request that offers to change to HTTP/2 is answered in HTTP/1.1 whatever else it offers', async () => {
  const offer = 'Connection: Upgrade\r\nUpgrade: TLS/1.0, foo\r\n';
  const answer = await answerTo([`GET /dev/stack HTTP/1.1\r\n${HOST}${offer}\r\n`], /"stage"/);
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});

test('a request for a WebSocket becomes one, in whatever case it is written', async () => {
  for (const upgrade of ['websocket', 'WebSocket', 'WEBSOCKET']) {
    const client = await connect(toy.endpoint, { headers: { upgrade } });
    client.send({ type: 'echo' });
    expect(await client.next()).toEqual({ type: 'echo' });
    await client.close();
  }
});
