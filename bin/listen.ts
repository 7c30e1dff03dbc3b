import { WebSocket } from 'ws';
import { IDLE_TIMEOUT_MS } from '../lib/protocol/limits.ts';
import { DEFAULT_PORT, fail, portOf, readCommandLine } from './command-line.ts';
import { developmentToken } from './development-token.ts';

const usage = `npm run -s listen -- --room <id> [--room <id> …] [--user <id>] [--port ${DEFAULT_PORT}]
npm run -s listen -- --room <id> --url wss://… --token <token>

Prints every frame that a member of the rooms gets, one a line.`;

const { values } = readCommandLine(usage, {
  room: { type: 'string', multiple: true },
  user: { type: 'string' },
  port: { type: 'string' },
  url: { type: 'string' },
  token: { type: 'string' },
});
const rooms = values.room ?? fail(`--room is missing\n\n${usage}`);
const port = portOf(values.port);
const url = values.url ?? `ws://127.0.0.1:${port}`;
if (values.url !== undefined && values.token === undefined) fail(`--url needs --token\n\n${usage}`);
const token =
  values.token ?? (await developmentToken(port, { sub: values.user ?? 'alice', claims: { rooms } }));

const socket = new WebSocket(url);
const send = (type: string, data: object) => socket.send(JSON.stringify({ type, data }));

socket.on('open', () => {
  send('auth', { token });
  for (const roomId of rooms) send('subscribe_room', { roomId });
  setInterval(() => send('ping', {}), IDLE_TIMEOUT_MS / 2);
});
socket.on('message', (frame) => process.stdout.write(`${frame}\n`));
socket.on('error', (error) => fail(`${url}: ${error.message}`));
socket.on('close', (code, reason) => fail(`closed by the server, ${code} ${reason}`));
process.on('SIGINT', () => process.exit(0));
