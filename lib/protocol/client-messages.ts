import * as v from 'valibot';
import { MAX_REQUEST_ID_LENGTH } from './limits.ts';
import { roomReferenceSchema } from './room-id.ts';

const requestIdExpected = `id must be a string of at most ${MAX_REQUEST_ID_LENGTH} characters or an integer`;

/** A client may number its requests; the answer repeats the number, also when it comes later from another handler. */
export const requestIdSchema = v.union(
  [
    v.pipe(v.string(), v.maxLength(MAX_REQUEST_ID_LENGTH, requestIdExpected)),
    v.pipe(v.number(), v.safeInteger(requestIdExpected)),
  ],
  requestIdExpected,
);

export type RequestId = v.InferOutput<typeof requestIdSchema>;

/** `data` of each client message. Unknown fields are ignored. */
export const clientMessageData = {
  // Without a usable token it is a failed auth, not an invalid message: it must not leave a stranger connected.
  auth: v.fallback(v.looseObject({ token: v.string() }), { token: '' }),
  subscribe_room: roomReferenceSchema,
  unsubscribe_room: roomReferenceSchema,
  ping: v.looseObject({}),
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
