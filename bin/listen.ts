import { once } from 'node:events';
import { WebSocket } from 'ws';
import { IDLE_TIMEOUT_MS } from '../lib/protocol/limits.ts';
import { type Command, DEFAULT_PORT, fail, portOf, readCommandLine } from './command-line.ts';
import { developmentToken } from './development-token.ts';

const usage = `npm run -s listen -- --room <id> [--room <id> …] [--user <id>] [--port ${DEFAULT_PORT}]
npm run -s listen -- --room <id> --url wss://… --token <token>

Prints every frame that a member of the rooms receives, one per line. Options of the subscription:
  --since <epoch>:<seq>  asks for the events after this frame
  --snapshot             asks for the retained values of the room
  --batch                accepts several events in one frame`;

export const listen: Command = {
  usage,
  endsItself: true,
  async run(shell) {
    const { values } = readCommandLine(shell, usage, {
      room: { type: 'string', multiple: true },
      user: { type: 'string' },
      port: { type: 'string' },
      url: { type: 'string' },
      token: { type: 'string' },
      since: { type: 'string' },
      snapshot: { type: 'boolean' },
      batch: { type: 'boolean' },
    });
    const rooms = values.room ?? fail(`--room is missing\n\n${usage}`);
    const port = portOf(values.port);
    const url = values.url ?? `ws://127.0.0.1:${port}`;
    if (values.url !== undefined && values.token === undefined) fail(`--url needs --token\n\n${usage}`);
    const token =
      values.token ?? (await developmentToken(port, { sub: values.user ?? 'alice', claims: { rooms } }));
    const subscription = {
      ...(values.since !== undefined && { since: positionOf(values.since) }),
      ...(values.snapshot && { snapshot: true }),
      ...(values.batch && { batch: true }),
    };

    const socket = new WebSocket(url);
    const send = (type: string, data: object) => socket.send(JSON.stringify({ type, data }));
    socket.on('message', (frame) => shell.print(String(frame)));
    shell.stop.addEventListener('abort', () => socket.terminate());
    const closed = once(socket, 'close').catch((error) =>
      shell.stop.aborted ? [] : fail(`${url}: ${error.message}`),
    );
    socket.on('open', () => {
      send('auth', { token });
      for (const roomId of rooms) send('subscribe_room', { roomId, ...subscription });
      const pings = setInterval(() => send('ping', {}), IDLE_TIMEOUT_MS / 2);
      socket.on('close', () => clearInterval(pings));
    });
    const [code, reason] = await closed;
    return shell.stop.aborted ? 0 : fail(`closed by the server, ${code} ${reason}`);
  },
};

function positionOf(text: string): { epoch: string; seq: number } {
  const [, epoch, seq] = /^(\w+):(\d+)$/.exec(text) ?? [];
  if (epoch === undefined)
    return fail(`--since: expected the epoch and seq of a frame, such as mwx2810d1j2xl5q:17`);
  return { epoch, seq: Number(seq) };
}
