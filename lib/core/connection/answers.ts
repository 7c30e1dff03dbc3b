import type { ClientMessage, ClientMessageType, RequestId } from '../../protocol/client-messages.ts';
import { type ErrorCode, errorCodes } from '../../protocol/error-codes.ts';
import type { RoomEcho } from '../../protocol/room-id.ts';
import type { ServerAnswer } from '../../protocol/server-messages.ts';
import type { RoomRequest } from './connection.ts';

/** A client message as API Gateway handed it over. */
export interface ClientRequest<Type extends ClientMessageType> {
  connectionId: string;
  /** `requestTimeEpoch`, epoch milliseconds. */
  sentAt: number;
  message: ClientMessage<Type>;
}

/** What an `error` frame answers: nothing, when the server speaks first. */
export interface ErrorOrigin {
  requestType?: string;
  id?: RequestId;
  /** The room that was refused, as the client named it. */
  room?: RoomEcho;
}

export function errorAnswer(code: ErrorCode, origin: ErrorOrigin = {}, message?: string): ServerAnswer {
  const { requestType, id, room } = origin;
  const data = {
    code,
    message: message ?? errorCodes[code].meaning,
    ...(requestType !== undefined && { requestType }),
    ...room,
  };
  return { type: 'error', data, ...(id !== undefined && { id }) };
}

/** Where an error about this message comes from. */
export function originOf(message: { type: string; id?: RequestId }): ErrorOrigin {
  return { requestType: message.type, ...(message.id !== undefined && { id: message.id }) };
}

export function roomAnswer(
  type: 'subscribe_pending' | 'room_unsubscribed',
  request: RoomRequest,
): ServerAnswer {
  return { type, data: request.echo, ...(request.id !== undefined && { id: request.id }) };
}

/** The frame of an answer. */
export function encodeAnswer(answer: ServerAnswer): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(answer));
}
