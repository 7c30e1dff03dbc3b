import { randomUUID } from 'node:crypto';
import { parseRoomEvent, serializeEvent } from '../lib/protocol/parse-room-event.ts';
import { isRoomEventType, roomEventTypes } from '../lib/protocol/room-events.ts';
import { sampleEvents } from '../lib/protocol/sample-events.ts';
import { type Command, DEFAULT_PORT, fail, portOf, readCommandLine } from './command-line.ts';
import { putEvent } from './event-bridge.ts';

const usage = `npm run event -- <type> --room <id> [--data '{…}'] [--port ${DEFAULT_PORT}] [--bus <name or ARN>]

Puts one event on the emulator's bus, or with --bus on a real one, with the AWS profile and region of your environment.
Without --data it sends a sample. Types: ${roomEventTypes.join(', ')}`;

export const event: Command = {
  usage,
  async run(shell) {
    const { values, positionals } = readCommandLine(shell, usage, {
      room: { type: 'string' },
      data: { type: 'string' },
      port: { type: 'string' },
      bus: { type: 'string' },
    });
    const [type, ...rest] = positionals;
    if (type === undefined || rest.length > 0 || !isRoomEventType(type)) {
      fail(`expected one event type: ${roomEventTypes.join(', ')}\n\n${usage}`);
    }
    if (values.room === undefined) fail(`--room is missing\n\n${usage}`);

    const now = new Date();
    const data =
      values.data === undefined ? sampleEvents[type](values.room, now.toISOString()) : parseData(values.data);
    const detail = { roomId: values.room, data, id: randomUUID(), publishedAt: now.getTime() };

    const parsed = parseRoomEvent(detail, { detailType: type, id: detail.id, time: detail.publishedAt });
    const checked = parsed.ok ? serializeEvent(parsed.value) : parsed;
    if (!checked.ok) fail(`not sent, ${checked.code}: ${checked.message}`);

    await putEvent({ bus: values.bus, port: portOf(values.port) }, type, detail);
    shell.print(`${type} ${detail.id} for room ${values.room} accepted`);
    return 0;
  },
};

function parseData(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fail(`--data: expected JSON, such as --data '{"orderId":"order-1"}'`);
  }
}
