import * as limits from '../protocol/limits.ts';
import { type Components, components, type Direction } from './async-api-messages.ts';
import { operations } from './async-api-operations.ts';
import type { ShownMessage } from './examples.ts';

/** The AsyncAPI 3 document of the backend. `shown` are the messages that PROTOCOL.md shows; they become examples. */
export function asyncApiDocument(version: string, shown: readonly ShownMessage[]): object {
  const { messages, schemas } = components(shown);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Trade Room realtime',
      version,
      description:
        'What clients and the backend say to each other over a WebSocket, and what services publish to it. It is written from the side of the backend: what it receives, a client or a service sends. PROTOCOL.md says the same for people, with sequences.',
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
    description: 'The local shim. It takes any path.',
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
    description: 'Amazon EventBridge. At home it is localhost:4001, by AWS_ENDPOINT_URL.',
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
