import { Ajv, type ValidateFunction } from 'ajv';
import fc from 'fast-check';
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { schemaFiles } from '../../../lib/contract/json-schema.ts';
import { type ClientMessageType, clientMessageData } from '../../../lib/protocol/client-messages.ts';
import { errorCodes } from '../../../lib/protocol/error-codes.ts';
import { parseClientMessage } from '../../../lib/protocol/parse-client-message.ts';
import { parseRoomEvent } from '../../../lib/protocol/parse-room-event.ts';
import { isRoomEventType, roomEventData, roomEventTypes } from '../../../lib/protocol/room-events.ts';
import { type EventFrame, serverMessageSchema } from '../../../lib/protocol/server-messages.ts';
import { isLongForm } from '../../support/long-form.ts';
import { codeBlocks, readDocument } from '../../support/markdown.ts';
import { details, messagesOf, PUBLISHED, shownMessages } from './examples.ts';
import { exceptions, type Folder, type Message } from './exceptions.ts';
import { mutated } from './mutated.ts';

const ajv = new Ajv({ strict: true });
const files = schemaFiles();
const compiled = new Map<string, ValidateFunction>(
  Object.entries(files).map(([path, schema]) => [path, ajv.compile(schema)]),
);

function bySchema(path: string, message: unknown): boolean {
  const validate = compiled.get(path);
  if (validate === undefined) throw new Error(`there is no ${path}`);
  return validate(message);
}

/** What the code itself says of a message, by the folder of its schema. */
const byCode: Record<Folder, (type: string, message: Message) => boolean> = {
  client: (type: string, message: Message) =>
    parseClientMessage(type as ClientMessageType, JSON.stringify(message)).ok,
  bus: (type: string, detail: Message) =>
    parseRoomEvent(detail, { detailType: type, id: 'e', time: PUBLISHED }).ok,
  server(type: string, message: Message) {
    if (message['type'] !== type || !v.is(serverMessageSchema, message)) return false;
    const { events = [], snapshot = [] } = message.data as { events?: EventFrame[]; snapshot?: EventFrame[] };
    const carried = isRoomEventType(type) ? [message as EventFrame] : [...events, ...snapshot];
    return carried.every((event) => v.is(roomEventData[event.type], event.data));
  },
};

function verdicts(path: string, message: Message) {
  const [folder, type] = path.replace('.json', '').split('/') as [Folder, string];
  const explained = exceptions.some(({ holds }) => holds(folder, type, message));
  return { schema: bySchema(path, message), code: byCode[folder](type, message), explained };
}

function validMessages(path: string): object[] {
  const [folder, type = ''] = path.replace('.json', '').split('/');
  return folder === 'bus'
    ? details.filter((event) => event.type === type).map(({ detail }) => detail)
    : messagesOf(type);
}

it('there is one JSON Schema for every message in each direction, and for every event on the bus', () => {
  const answers = new Set(shownMessages.map(({ type }) => type));
  const clients = Object.keys(clientMessageData);
  const frames = [...answers, ...roomEventTypes].filter((type) => !clients.includes(type));
  const expected = [
    ...clients.map((type) => `client/${type}.json`),
    ...frames.map((type) => `server/${type}.json`),
    ...roomEventTypes.map((type) => `bus/${type}.json`),
  ];
  expect(Object.keys(files).sort()).toEqual([...new Set(expected)].sort());
});

it.each([...compiled.keys()])(
  'the JSON Schema %s accepts the messages of docs/protocol.md and the samples',
  (path) => {
    const messages = validMessages(path);
    expect(messages.length).toBeGreaterThan(0);
    for (const message of messages) {
      expect(verdicts(path, message as Message)).toMatchObject({ schema: true, code: true });
    }
  },
);

it('the JSON Schema of an event accepts the event that docs/bus.md shows', () => {
  const [event] = codeBlocks(readDocument('docs/bus.md')).filter(({ info }) => info === 'json event');
  expect(bySchema('bus/order_executed.json', JSON.parse(event?.code ?? ''))).toBe(true);
});

it.each([...compiled.keys()])('the JSON Schema %s and the code accept the same messages', (path) => {
  const holds = fc.property(mutated(validMessages(path)), (message) => {
    const { schema, code, explained } = verdicts(path, message);
    if (schema !== code) expect({ schema, code, explained }).toMatchObject({ explained: true });
  });
  fc.assert(holds, { numRuns: isLongForm ? 500 : 40 });
});

it.each(exceptions)(
  'the JSON Schemas differ from the code because $why',
  ({ example: { path, message, schemaSays } }) => {
    expect(verdicts(path, message)).toEqual({ schema: schemaSays, code: !schemaSays, explained: true });
  },
);

it('the JSON Schema of an error knows every error code, and no other', () => {
  const error = (code: string) => ({ type: 'error', data: { code, message: 'm' } });
  for (const code of Object.keys(errorCodes)) expect(bySchema('server/error.json', error(code))).toBe(true);
  expect(bySchema('server/error.json', error('teapot'))).toBe(false);
});
