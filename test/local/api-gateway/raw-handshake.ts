import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { within } from '../../support/within.ts';

/** Sends the opening handshake over a plain socket: for what no WebSocket client would do. */
export function sendHandshake(endpoint: string, headers: Record<string, string> = {}): Socket {
  const socket = connect(Number(new URL(endpoint).port), '127.0.0.1');
  const all = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET / HTTP/1.1\r\n${lines.join('')}\r\n`);
  return socket;
}

/** What the server sends first. */
export async function answerTo(socket: Socket): Promise<string> {
  const [answer] = await within(once(socket, 'data'), 'the answer to the handshake');
  return String(answer);
}
