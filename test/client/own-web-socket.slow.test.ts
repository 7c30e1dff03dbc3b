import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningCommand, spawnScript } from '../support/start-local.ts';
import { type Stack, startStack } from '../support/start-stack.ts';
import { unusedPort } from '../support/unused-port.ts';

let stack: Stack;
const programs: RunningCommand[] = [];
const servers: Server[] = [];
const sockets: Socket[] = [];

beforeAll(async () => {
  stack = await startStack({});
}, 120_000);
afterEach(() => {
  for (const program of programs.splice(0)) void program.stop('SIGKILL');
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => stack.close());

/** Node 20 has it behind a flag, which later ones take as well. */
const withWebSocket = { NODE_OPTIONS: '--experimental-websocket' };

function start(url: string, ...token: string[]): RunningCommand {
  const program = spawnScript('test/client/own-web-socket-client.ts', [url, ...token], withWebSocket);
  programs.push(program);
  return program;
}

/** Closes the client; the program ends with 0 as soon as nothing keeps it alive. */
async function closed(program: RunningCommand): Promise<number | null> {
  return (await program.stop()).code;
}

async function listen(onSocket: (socket: Socket) => void): Promise<{ url: string; server: Server }> {
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** Switches to WebSocket, as RFC 6455 section 4.2.2 has it, and says nothing more, not even to a close frame. */
function switchProtocols(socket: Socket): void {
  socket.once('data', (head) => {
    const key = /sec-websocket-key: (\S+)/i.exec(String(head))?.[1];
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
    socket.write(`${lines.join('\r\n')}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  });
}

describe("a client on Node's own WebSocket", () => {
  it('a client on the WebSocket of Node receives events, reconnects after a drop, and lets its process end after close()', async () => {
    const program = start(stack.endpoint.replace('http', 'ws'), await stack.token('alice'));
    await program.printed(/received room_subscribed/);
    await stack.application.publish('order_executed', { roomId: '42', data: { orderId: 1 } });
    await program.printed(/order 1/);
    for (const { connectionId } of stack.connections()) {
      const path = `/dev/connections/${encodeURIComponent(connectionId)}/drop`;
      await fetch(`${stack.endpoint}${path}`, { method: 'POST' });
    }
    await program.printed(/state connecting connection_lost/);
    await stack.application.publish('order_executed', { roomId: '42', data: { orderId: 2 } });
    await program.printed(/order 2/);
    expect(await closed(program)).toBe(0);
    expect(program.output()).toMatch(/state disconnected closed/);
  });

  it('a client on the WebSocket of Node tries again when its connection is refused', async () => {
    const program = start(`ws://127.0.0.1:${await unusedPort()}`, 'token');
    await program.printed(/(error connection_lost[\s\S]*){2}/);
    expect(await closed(program)).toBe(0);
  });

  it('a client on the WebSocket of Node tries again when the answer is not a WebSocket', async () => {
    const { url } = await listen((socket) => socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n'));
    const program = start(url, 'token');
    await program.printed(/(error connection_lost[\s\S]*){2}/);
    expect(await closed(program)).toBe(0);
  });

  it('a process of Node ends after close() while getToken is pending', async () => {
    const program = start('ws://127.0.0.1:1');
    await program.printed(/getToken/);
    expect(await closed(program)).toBe(0);
  });

  it('a process of Node ends after close() while the handshake is not answered', async () => {
    const { url, server } = await listen(() => undefined);
    const program = start(url, 'token');
    await once(server, 'connection');
    expect(await closed(program)).toBe(0);
  });

  it('a process of Node ends after close() while the server is silent and does not answer the close', async () => {
    const { url } = await listen(switchProtocols);
    const program = start(url, 'token');
    await program.printed(/sent auth/);
    expect(await closed(program)).toBe(0);
  });
});
