import * as v from 'valibot';
import { EPOCH_LENGTH } from './event-frame.ts';
import { MAX_REQUEST_ID_LENGTH, MAX_ROOMS_PER_CONNECTION } from './limits.ts';
import { roomReferenceSchema } from './room-id.ts';

const requestIdExpected = `id must be a string of at most ${MAX_REQUEST_ID_LENGTH} characters or an integer`;
// The texts of a client are stored in its connection's row, and half a surrogate pair cannot be encoded as UTF-8.
// Does not use `String.isWellFormed`, which browsers before 2023 lack.
const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

/** The id that a client may give a request. Every answer to the request repeats it. */
export const requestIdSchema = v.union(
  [
    v.pipe(
      v.string(),
      v.maxLength(MAX_REQUEST_ID_LENGTH, requestIdExpected),
      v.check(isWellFormed, 'id must be well-formed text'),
    ),
    v.pipe(v.number(), v.safeInteger(requestIdExpected)),
  ],
  requestIdExpected,
);

export type RequestId = v.InferOutput<typeof requestIdSchema>;

const seq = v.pipe(
  v.number('must be a number'),
  v.safeInteger('must be an integer'),
  v.minValue(0, 'must not be negative'),
);

/** The options of a subscription. */
const subscriptionSchema = v.object({
  /** The position of the last frame that the client has of this room. */
  since: v.optional(
    v.object({
      epoch: v.pipe(
        v.string('must be a string'),
        v.maxLength(EPOCH_LENGTH, `must have at most ${EPOCH_LENGTH} characters`),
        v.check(isWellFormed, 'must be well-formed text'),
      ),
      seq,
    }),
  ),
  /** Asks for the newest value of every state, if events are not recovered. */
  snapshot: v.optional(v.boolean('must be true or false')),
  /** Says that the client accepts several events in one `batch` frame. */
  batch: v.optional(v.boolean('must be true or false')),
});

export type Subscription = v.InferOutput<typeof subscriptionSchema>;

/** Room → number of the last frame that the client has of it. */
// Does not use `v.record`, which leaves out rooms named like a property of every object, such as `constructor`.
export const positionsSchema = v.pipe(
  v.custom<Record<string, number>>(
    (rooms) =>
      typeof rooms === 'object' &&
      rooms !== null &&
      !Array.isArray(rooms) &&
      Object.keys(rooms).every(isWellFormed) &&
      Object.values(rooms).every((position) => v.is(seq, position)),
    'must be an object of room ids and numbers',
  ),
  v.check(
    (rooms) => Object.keys(rooms).length <= MAX_ROOMS_PER_CONNECTION,
    `must name at most ${MAX_ROOMS_PER_CONNECTION} rooms`,
  ),
);

/** `data` of each client message. Unknown fields are ignored. */
export const clientMessageData = {
  // A missing token fails the `auth` and closes the connection. As an invalid message it would leave it open.
  auth: v.fallback(v.looseObject({ token: v.string() }), { token: '' }),
  subscribe_room: v.intersect([roomReferenceSchema, subscriptionSchema]),
  unsubscribe_room: roomReferenceSchema,
  ping: v.looseObject({ rooms: v.optional(positionsSchema) }),
} as const;

export type ClientMessageType = keyof typeof clientMessageData;
export type ClientMessageData<Type extends ClientMessageType> = v.InferOutput<
  (typeof clientMessageData)[Type]
>;

export interface ClientMessage<Type extends ClientMessageType> {
  type: Type;
  data: ClientMessageData<Type>;
  id?: RequestId;
}

export function isClientMessageType(type: string): type is ClientMessageType {
  return Object.hasOwn(clientMessageData, type);
}
