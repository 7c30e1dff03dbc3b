import { randomUUID } from 'node:crypto';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { LOCAL_NAME } from '../lib/config/local-stack.ts';
import { encodeEventFrame, parseRoomEvent } from '../lib/protocol/parse-room-event.ts';
import { isRoomEventType, roomEventTypes } from '../lib/protocol/room-events.ts';
import { DEFAULT_PORT, fail, portOf, readCommandLine } from './command-line.ts';
import { sampleEvents } from './sample-events.ts';

const usage = `npm run event -- <type> --room <id> [--data '{…}'] [--port ${DEFAULT_PORT}] [--bus <name or ARN>]

Puts one event on the shim's bus, or with --bus on a real one, with the AWS profile and region of your environment.
Without --data it sends a sample. Types: ${roomEventTypes.join(', ')}`;

const { values, positionals } = readCommandLine(usage, {
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
const checked = parsed.ok ? encodeEventFrame(parsed.value) : parsed;
if (!checked.ok) fail(`not sent, ${checked.code}: ${checked.message}`);

const entry = { Source: 'trade-room.command-line', DetailType: type, Detail: JSON.stringify(detail) };
const command = new PutEventsCommand({ Entries: [{ ...entry, EventBusName: values.bus ?? LOCAL_NAME }] });
const { Entries: results } = await eventBridge().send(command).catch(explain);
const [result] = results ?? [];
if (result?.EventId === undefined) fail(`not accepted, ${result?.ErrorCode}: ${result?.ErrorMessage}`);
process.stdout.write(`${type} ${detail.id} for room ${values.room} accepted\n`);

function parseData(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fail(`--data: expected JSON, such as --data '{"orderId":"order-1"}'`);
  }
}

function eventBridge(): EventBridgeClient {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  if (values.bus !== undefined) {
    // A real bus was asked for by name: an endpoint that was exported for the shim must not swallow the event.
    delete process.env['AWS_ENDPOINT_URL'];
    delete process.env['AWS_ENDPOINT_URL_EVENTBRIDGE'];
    return new EventBridgeClient();
  }
  return new EventBridgeClient({
    endpoint: endpoint(),
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
}

function endpoint(): string {
  return `http://127.0.0.1:${portOf(values.port)}`;
}

function explain(error: Error & { code?: string }): never {
  if (values.bus === undefined && error.code === 'ECONNREFUSED') {
    fail(`Nothing answers on ${endpoint()}: start it with "npm start", or name its port with --port.`);
  }
  return fail(`not sent, ${error.name}: ${error.message}`);
}
