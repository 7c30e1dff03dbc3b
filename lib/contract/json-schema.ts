import { toJsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import {
  type ClientMessageType,
  clientMessageData,
  positionsSchema,
  requestIdSchema,
} from '../protocol/client-messages.ts';
import { conflation, sentOf } from '../protocol/conflation.ts';
import { MAX_CLIENT_MESSAGE_BYTES, MAX_MESSAGE_BYTES, MAX_ROOMS_PER_CONNECTION } from '../protocol/limits.ts';
import {
  eventDetailSchema,
  type RoomEventType,
  roomEventData,
  roomEventTypes,
} from '../protocol/room-events.ts';
import { roomReferenceSchema } from '../protocol/room-id.ts';
import {
  batchFrameSchema,
  eventFrameSchema,
  type ServerAnswer,
  serverAnswerSchema,
} from '../protocol/server-messages.ts';

/**
 * Every JSON Schema of the package, by its path: `client/auth.json`, `server/pong.json`, `bus/order_executed.json`. Each
 * stands by itself.
 */
export function schemaFiles(): Record<string, JsonSchema> {
  const frames = eventFrameSchemas();
  const server = serverMessageSchemas((type) => `#/definitions/${type}`);
  const carryingEvents = Object.fromEntries(
    Object.entries(server).map(([type, schema]) => [
      type,
      carriesEvents(type) ? { ...schema, definitions: frames } : schema,
    ]),
  );
  return {
    ...folder('client', clientMessageSchemas(), clientSummaries),
    ...folder('server', carryingEvents, serverSummaries),
    ...folder('bus', eventDetailSchemas(), busSummaries),
  };
}

function carriesEvents(type: string): boolean {
  return type === 'batch' || type === 'room_subscribed';
}

function folder(
  name: string,
  schemas: Record<string, JsonSchema>,
  descriptions: Record<string, string>,
): Record<string, JsonSchema> {
  const files = Object.entries(schemas).map(([type, schema]) => [
    `${name}/${type}.json`,
    { $schema: DIALECT, title: type, description: descriptions[type], ...schema },
  ]);
  return Object.fromEntries(files);
}

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
function eventFrameSchemas(): Schemas<RoomEventType> {
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

/** A schema of JSON Schema, draft 7: the one that AsyncAPI 3 is a superset of. */
export type JsonSchema = Record<string, unknown>;

const DIALECT = 'http://json-schema.org/draft-07/schema#';

const positions: JsonSchema = {
  type: 'object',
  additionalProperties: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  maxProperties: MAX_ROOMS_PER_CONNECTION,
  description: 'Room → the last number that the client has of it.',
};

const oneRoom: JsonSchema = {
  anyOf: ['roomId', 'bullPenId'].map((name) => ({ properties: { [name]: {} }, required: [name] })),
  description: 'One of roomId and bullPenId; where both are given they must name the same room.',
};

/**
 * What a schema takes, as JSON Schema. `eventFrame` stands for an event wherever a frame carries a list of them.
 * @throws Error that names the kind of schema for which there is no JSON Schema.
 */
function jsonSchemaOf(schema: v.GenericSchema, eventFrame: JsonSchema = {}): JsonSchema {
  const { $schema: _, ...converted } = toJsonSchema(schema, {
    target: 'draft-07',
    typeMode: 'input',
    // What cannot be said: `oneRoom` and `positions` say what there is to say of the checks. JSON has finite numbers only.
    ignoreActions: ['check', 'finite'],
    overrideSchema({ valibotSchema, jsonSchema }) {
      if (valibotSchema === positionsSchema.pipe[0]) return positions;
      if (valibotSchema === eventFrameSchema && schema !== eventFrameSchema) return eventFrame;
      const said = withoutEmptyList(flattened({ ...jsonSchema }));
      return valibotSchema === roomReferenceSchema.pipe[0] ? { ...said, ...oneRoom } : said;
    },
  });
  return converted;
}

/** Alternatives within alternatives, such as those of `null | (string | number)`, as one list. */
function flattened(schema: JsonSchema): JsonSchema {
  const { anyOf } = schema;
  if (!Array.isArray(anyOf)) return schema;
  const alternatives = anyOf.flatMap((option: JsonSchema) => {
    const { anyOf: inner, ...rest } = option;
    return Array.isArray(inner) && Object.keys(rest).length === 0 ? inner : [option];
  });
  return { ...schema, anyOf: alternatives };
}

function withoutEmptyList({ required, ...schema }: JsonSchema): JsonSchema {
  return Array.isArray(required) && required.length > 0 ? { ...schema, required } : schema;
}

const clientLimit = `At most ${MAX_CLIENT_MESSAGE_BYTES} bytes.`;

/** What a client wants by each of its messages, and what the schema cannot say of it. */
export const clientSummaries: Record<ClientMessageType, string> = {
  auth: `Authenticates the connection, or renews its token. Without a usable token it is a failed auth, after which the connection is closed. ${clientLimit}`,
  subscribe_room: `Asks for the events of a room. \`since\`, \`snapshot\` and \`batch\` say how the subscription begins. ${clientLimit}`,
  unsubscribe_room: `Leaves a room. ${clientLimit}`,
  ping: `Keeps the connection from being closed for its silence, and asks what the last number of rooms is. ${clientLimit}`,
};

const eventSubjects: Record<RoomEventType, string> = {
  leaderboard_update: 'The leaderboard of the room.',
  position_update: 'A position, by its positionId.',
  order_executed: 'An order that was executed.',
  order_failed: 'An order that failed.',
  room_state_changed: 'The state of the room.',
  position_closed: 'A position that was closed.',
};

const eventSummaries = Object.fromEntries(
  roomEventTypes.map((type) => [
    type,
    `${eventSubjects[type]} The server sends ${sentOf(conflation[type])}.`,
  ]),
) as Record<RoomEventType, string>;

/** What each frame tells a client. */
export const serverSummaries: Record<ServerMessageType, string> = {
  auth_success: 'The token is in force until `expiresAt`, in milliseconds since 1970.',
  room_subscribed:
    'The subscription is live: every event with a greater number than `seq` is sent. `recovered` says whether `events` are all that was missed.',
  subscribe_pending: 'The subscription becomes live when `auth` succeeds.',
  room_unsubscribed: 'The room was left, or had not been subscribed to.',
  pong: 'The connection is alive, and its token valid.',
  error: 'What was wrong, by a closed set of codes. Some of them close the connection.',
  ...eventSummaries,
  batch: 'Several events of a room in one frame, for clients that subscribed with `batch`.',
};

/** What a service says by each event on the bus, and what the schema cannot say of it. */
export const busSummaries: Record<RoomEventType, string> = Object.fromEntries(
  Object.entries(eventSummaries).map(([type, summary]) => [
    type,
    `${summary} The frame that is made of it has at most ${MAX_MESSAGE_BYTES} bytes.`,
  ]),
) as Record<RoomEventType, string>;
