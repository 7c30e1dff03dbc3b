import { errorCodes } from '../protocol/error-codes.ts';
import { type RoomEventType, roomEventTypes } from '../protocol/room-events.ts';
import { detailExample, examplesOf, type ShownMessage } from './examples.ts';
import type { JsonSchema } from './json-schema.ts';
import { clientMessageSchemas, eventDetailSchemas, serverMessageSchemas } from './message-schemas.ts';
import { busSummaries, clientSummaries, serverSummaries } from './summaries.ts';

/** Messages and schemas are named after the direction and the type, as the files of the schemas are. */
export type Direction = 'client' | 'server' | 'bus';

export interface Components {
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
