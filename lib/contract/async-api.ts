import type { ClientMessageType } from '../protocol/client-messages.ts';
import { errorCodes } from '../protocol/error-codes.ts';
import * as limits from '../protocol/limits.ts';
import { type RoomEventType, roomEventTypes } from '../protocol/room-events.ts';
import { sampleEvents } from '../protocol/sample-events.ts';
import {
  busSummaries,
  clientMessageSchemas,
  clientSummaries,
  eventDetailSchemas,
  type JsonSchema,
  type ServerMessageType,
  serverMessageSchemas,
  serverSummaries,
} from './json-schema.ts';

/** The AsyncAPI 3 document of the backend. `shown` are the messages that docs/protocol.md shows; they become examples. */
export function asyncApiDocument(version: string, shown: readonly ShownMessage[]): object {
  const { messages, schemas } = components(shown);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Trade Room realtime',
      version,
      description:
        'What clients and the backend say to each other over a WebSocket, and what services publish to it. It is written from the side of the backend: what it receives, a client or a service sends. docs/protocol.md and docs/bus.md say the same for people, with sequences.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers,
    channels: channels(messages),
    operations: operations(),
    components: { messages, schemas },
  };
}

const region = { description: 'The AWS region of the stack.' };
const stage = { description: 'The stage of the stack, such as dev or prod.' };

const servers = {
  home: {
    host: 'localhost:4001',
    protocol: 'ws',
    description: 'The local emulator. It takes any path.',
  },
  stage: {
    host: '{apiId}.execute-api.{region}.amazonaws.com',
    pathname: '/{stage}',
    protocol: 'wss',
    description: "API Gateway: the stack's output WebSocketUrl.",
    variables: { apiId: { description: 'The id of the WebSocket API.' }, region, stage },
  },
  bus: {
    host: 'events.{region}.amazonaws.com',
    protocol: 'https',
    description: 'Amazon EventBridge. Locally it is localhost:4001, by AWS_ENDPOINT_URL.',
    variables: { region },
  },
};

function channels(messages: Components['messages']): object {
  return {
    connection: {
      address: '/',
      title: 'A WebSocket connection',
      description:
        'Text frames, each one JSON object with `type` and `data`; more fields may be added. Where a function fails before it can answer, API Gateway sends a frame without `type`, { "message", "connectionId", "requestId" }: it stands for the answer to one open request, like an error with the code internal, but does not name the request.',
      servers: [{ $ref: '#/servers/home' }, { $ref: '#/servers/stage' }],
      messages: { ...of('client', messages), ...of('server', messages) },
      'x-limits': limits,
    },
    bus: {
      address: 'trade-room-{stage}',
      title: 'The event bus',
      description:
        'A custom bus of EventBridge. Source is trade-room or trade-room.<service>, DetailType the type of the event; the payload is Detail.',
      servers: [{ $ref: '#/servers/bus' }],
      parameters: { stage: { ...stage, examples: ['local', 'prod'] } },
      messages: of('bus', messages),
    },
  };
}

function of(direction: Direction, messages: Components['messages']): Record<string, { $ref: string }> {
  const names = Object.keys(messages).filter((name) => name.startsWith(`${direction}.`));
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));
}

/** What may answer each message. The first one is what the client hopes for. */
const answers: Record<ClientMessageType, readonly ServerMessageType[]> = {
  auth: ['auth_success', 'error'],
  subscribe_room: ['room_subscribed', 'subscribe_pending', 'room_unsubscribed', 'error'],
  // One that was overtaken by a later subscribe is answered with what is true.
  unsubscribe_room: ['room_unsubscribed', 'room_subscribed', 'subscribe_pending', 'error'],
  ping: ['pong', 'error'],
};

const connection = { $ref: '#/channels/connection' };
const bus = { $ref: '#/channels/bus' };
const onConnection = (name: string) => ({ $ref: `#/channels/connection/messages/${name}` });

/** What the backend does: it receives what clients and services send, and sends what clients get. */
export function operations(): Record<string, object> {
  const requests = Object.entries(answers).map(([type, replies]) => [
    type,
    {
      action: 'receive',
      summary: `A client sends ${type}.`,
      channel: connection,
      messages: [onConnection(`client.${type}`)],
      reply: { channel: connection, messages: replies.map((reply) => onConnection(`server.${reply}`)) },
    },
  ]);
  return {
    ...Object.fromEntries(requests),
    room_events: {
      action: 'send',
      summary:
        'Every connection that is subscribed to the room gets its events, in the order of their numbers.',
      channel: connection,
      messages: [...roomEventTypes, 'batch'].map((type) => onConnection(`server.${type}`)),
    },
    unasked: {
      action: 'send',
      summary:
        'What the server says by itself: that a token has expired, that nobody authenticated in time, or that a pending subscription is live.',
      channel: connection,
      messages: [onConnection('server.error'), onConnection('server.room_subscribed')],
    },
    bus_events: {
      action: 'receive',
      summary: 'A service publishes an event of a room, with its type as DetailType.',
      channel: bus,
      messages: roomEventTypes.map((type) => ({ $ref: `#/channels/bus/messages/bus.${type}` })),
    },
  };
}

/** Messages and schemas are named after the direction and the type, as the files of the schemas are. */
type Direction = 'client' | 'server' | 'bus';

interface Components {
  messages: Record<string, object>;
  schemas: Record<string, JsonSchema>;
}

/** Every message of the wire and the bus, with the schema of its payload. */
export function components(shown: readonly ShownMessage[]): Components {
  const client = clientMessageSchemas();
  const server = serverMessageSchemas((type) => `#/components/schemas/server.${type}`);
  const bus = eventDetailSchemas();
  return {
    messages: {
      ...named('client', clientSummaries, (type) => request(type, shown)),
      ...named('server', serverSummaries, (type) => frame(type, shown)),
      ...named('bus', busSummaries, (type) => ({ examples: [detailExample(type as RoomEventType)] })),
    },
    schemas: { ...prefixed('client', client), ...prefixed('server', server), ...prefixed('bus', bus) },
  };
}

function request(type: string, shown: readonly ShownMessage[]): object {
  return { correlationId: correlation, examples: examplesOf(type, shown) };
}

function frame(type: string, shown: readonly ShownMessage[]): object {
  const isAnswer = type !== 'batch' && !roomEventTypes.some((event) => event === type);
  return {
    ...(isAnswer && { correlationId: correlation }),
    ...(type === 'error' && { 'x-error-codes': errorCodes }),
    examples: examplesOf(type, shown),
  };
}

const correlation = {
  description: 'A request may carry an id of the client; its answer carries the same.',
  location: '$message.payload#/id',
};

function named(
  direction: Direction,
  summaries: Record<string, string>,
  rest: (type: string) => object,
): Record<string, object> {
  const messages = Object.entries(summaries).map(([type, summary]) => {
    const payload = { $ref: `#/components/schemas/${direction}.${type}` };
    return [`${direction}.${type}`, { name: type, title: type, summary, payload, ...rest(type) }];
  });
  return Object.fromEntries(messages);
}

function prefixed(direction: Direction, schemas: Record<string, JsonSchema>): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(schemas).map(([type, schema]) => [`${direction}.${type}`, schema]),
  );
}

const ROOM = '42';
const PUBLISHED = '2026-09-21T14:13:20.000Z';

/** A message of the wire, as docs/protocol.md shows it. */
export interface ShownMessage {
  type: string;
}

interface Example {
  payload: object;
}

/** What the page shows of this type; of an event, also its sample. */
function examplesOf(type: string, shown: readonly ShownMessage[]): Example[] {
  const payloads: object[] = shown.filter((message) => message.type === type);
  const event = roomEventTypes.find((candidate) => candidate === type);
  if (event !== undefined) payloads.push(sampleFrame(event));
  return payloads.map((payload) => ({ payload }));
}

/** The detail by which a service publishes the sample of an event. */
function detailExample(type: RoomEventType): Example {
  return { payload: { roomId: ROOM, ...published(type) } };
}

function sampleFrame(type: RoomEventType): object {
  const position = { epoch: 'mwx2810d1j2xl5q', seq: 18, prev: 17 };
  return { type, roomId: ROOM, ...published(type), ...position };
}

function published(type: RoomEventType): object {
  const data = sampleEvents[type](ROOM, PUBLISHED);
  return { data, id: `${type}-1`, publishedAt: Date.parse(PUBLISHED) };
}
