import { type ClientMessageType, clientMessageData, requestIdSchema } from '../protocol/client-messages.ts';
import {
  eventDetailSchema,
  type RoomEventType,
  roomEventData,
  roomEventTypes,
} from '../protocol/room-events.ts';
import {
  batchFrameSchema,
  eventFrameSchema,
  type ServerAnswer,
  serverAnswerSchema,
} from '../protocol/server-messages.ts';
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts';

export type ServerMessageType = ServerAnswer['type'] | RoomEventType | 'batch';

/** Every message of one direction, by its type. */
type Schemas<Type extends string> = Record<Type, JsonSchema>;

/** What clients send. */
export function clientMessageSchemas(): Schemas<ClientMessageType> {
  const types = Object.keys(clientMessageData) as ClientMessageType[];
  return byType(types, (type) => ({
    type: 'object',
    properties: {
      type: { const: type },
      data: jsonSchemaOf(clientMessageData[type]),
      id: jsonSchemaOf(requestIdSchema),
    },
    required: ['type', 'data'],
  }));
}

/** What clients get. `refTo` is where the frame of an event is found, for the frames that carry several. */
export function serverMessageSchemas(refTo: (type: RoomEventType) => string): Schemas<ServerMessageType> {
  const anyEvent = { oneOf: roomEventTypes.map((type) => ({ $ref: refTo(type) })) };
  const answers = serverAnswerSchema.options.map((option) => [
    option.entries.type.literal,
    jsonSchemaOf(option, anyEvent),
  ]);
  return {
    ...(Object.fromEntries(answers) as Schemas<ServerAnswer['type']>),
    ...eventFrameSchemas(),
    batch: jsonSchemaOf(batchFrameSchema, anyEvent),
  };
}

/** The frame of an event, whose `data` is what the service was allowed to publish. */
export function eventFrameSchemas(): Schemas<RoomEventType> {
  return byType(roomEventTypes, (type) => {
    const frame = jsonSchemaOf(eventFrameSchema);
    return withProperties(frame, { type: { const: type }, data: jsonSchemaOf(roomEventData[type]) });
  });
}

/** `Detail` of the events on the bus, by their `DetailType`. */
export function eventDetailSchemas(): Schemas<RoomEventType> {
  return byType(roomEventTypes, (type) => {
    const { required, ...detail } = jsonSchemaOf(eventDetailSchema);
    const withData = withProperties(detail, { data: jsonSchemaOf(roomEventData[type]) });
    return { ...withData, required: [...(required as string[]), 'data'] };
  });
}

function byType<Type extends string>(
  types: readonly Type[],
  schemaOf: (type: Type) => JsonSchema,
): Schemas<Type> {
  return Object.fromEntries(types.map((type) => [type, schemaOf(type)])) as Schemas<Type>;
}

function withProperties(schema: JsonSchema, properties: JsonSchema): JsonSchema {
  return { ...schema, properties: { ...(schema['properties'] as JsonSchema), ...properties } };
}
