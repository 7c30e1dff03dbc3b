import type { ClientMessage, ClientMessageType, RequestId } from '../../protocol/client-messages.ts';
import { type ErrorCode, errorCodes } from '../../protocol/error-codes.ts';
import type { RoomEcho } from '../../protocol/room-id.ts';
import type { ServerAnswer } from '../../protocol/server-messages.ts';
import type { RoomRequest } from './connection.ts';

/** A parsed client message, with the facts that API Gateway adds. */
export interface ClientRequest<Type extends ClientMessageType> {
  connectionId: string;
  /** `requestTimeEpoch` of API Gateway. Epoch milliseconds. */
  sentAt: number;
  message: ClientMessage<Type>;
}

/** The request that an `error` frame answers. Empty when the server closes a connection on its own. */
export interface ErrorOrigin {
  requestType?: string;
  id?: RequestId;
  /** The refused room, as the client named it. */
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

/** The origin of an error about this message. */
export function originOf(message: { type: string; id?: RequestId }): ErrorOrigin {
  return { requestType: message.type, ...(message.id !== undefined && { id: message.id }) };
}

export function roomAnswer(
  type: 'subscribe_pending' | 'room_unsubscribed',
  request: RoomRequest,
): ServerAnswer {
  return { type, data: request.echo, ...(request.id !== undefined && { id: request.id }) };
}

/** The frame of an answer: UTF-8 JSON. */
export function encodeAnswer(answer: ServerAnswer): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(answer));
}
