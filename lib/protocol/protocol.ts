/*
 * The entry `./protocol` of the package: the wire and the bus for other projects. Anything not exported here may change
 * with any release.
 */
import {
  type ClientMessage,
  type ClientMessageType,
  clientMessageData,
  type RequestId,
  requestIdSchema,
} from './client-messages.ts';
import { conflation } from './conflation.ts';
import { type ClosingCode, type ErrorCode, errorCodes } from './error-codes.ts';
import * as limits from './limits.ts';
import { parseRoomEvent } from './parse-room-event.ts';
import {
  eventDetailSchema,
  type RoomEvent,
  type RoomEventData,
  type RoomEventType,
  roomEventData,
  roomEventTypes,
} from './room-events.ts';
import { type RoomIdInput, roomIdSchema } from './room-id.ts';
import { sampleEvents } from './sample-events.ts';
import {
  batchFrameSchema,
  type EventFrame,
  eventFrameSchema,
  type ServerAnswer,
  serverAnswerSchema,
  serverMessageSchema,
  type UnrecoveredReason,
  unrecoveredReasons,
} from './server-messages.ts';

export type {
  ClientMessage,
  ClientMessageType,
  ClosingCode,
  ErrorCode,
  EventFrame,
  RequestId,
  RoomEvent,
  RoomEventData,
  RoomEventType,
  RoomIdInput,
  ServerAnswer,
  UnrecoveredReason,
};
export {
  batchFrameSchema,
  clientMessageData,
  conflation,
  errorCodes,
  eventDetailSchema,
  eventFrameSchema,
  limits,
  parseRoomEvent,
  requestIdSchema,
  roomEventData,
  roomEventTypes,
  roomIdSchema,
  sampleEvents,
  serverAnswerSchema,
  serverMessageSchema,
  unrecoveredReasons,
};
