import * as v from 'valibot';
import { requestIdSchema } from './client-messages.ts';
import { type ErrorCode, errorCodes } from './error-codes.ts';
import { roomEventTypes } from './room-events.ts';
import { roomIdSchema } from './room-id.ts';

const id = v.optional(requestIdSchema);
const room = v.looseObject({ roomId: v.optional(roomIdSchema), bullPenId: v.optional(roomIdSchema) });
const milliseconds = v.pipe(v.number(), v.finite(), v.minValue(0));

const number = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const errorCodeNames = Object.keys(errorCodes) as ErrorCode[];

/** A room event as clients receive it. */
export const eventFrameSchema = v.looseObject({
  type: v.picklist(roomEventTypes),
  data: v.looseObject({}),
  roomId: v.string(),
  id: v.string(),
  publishedAt: milliseconds,
  epoch: v.string(),
  seq: number,
  /** Absent in a snapshot, whose events belong to no sequence. */
  prev: v.optional(number),
});

export type EventFrame = v.InferOutput<typeof eventFrameSchema>;

/** Several events in one frame, for clients that subscribed with `batch`. */
export const batchFrameSchema = v.looseObject({
  type: v.literal('batch'),
  data: v.looseObject({ events: v.array(eventFrameSchema) }),
});

/**
 * Why events were not recovered. `epoch_changed`: the numbers of the room have restarted. `too_old`: the log no longer
 * holds all missed events. `too_large`: the missed events do not fit into one message.
 */
export const unrecoveredReasons = ['epoch_changed', 'too_old', 'too_large'] as const;

export type UnrecoveredReason = (typeof unrecoveredReasons)[number];

/** Answers to client messages. A client must ignore unknown fields, so that later releases can add some. */
export const serverAnswerSchema = v.variant('type', [
  v.looseObject({
    type: v.literal('auth_success'),
    data: v.looseObject({ userId: v.string(), expiresAt: milliseconds }),
    id,
  }),
  v.looseObject({
    type: v.literal('room_subscribed'),
    data: v.looseObject({
      ...room.entries,
      epoch: v.string(),
      seq: number,
      recovered: v.boolean(),
      events: v.optional(v.array(eventFrameSchema)),
      snapshot: v.optional(v.array(eventFrameSchema)),
      reason: v.optional(v.picklist(unrecoveredReasons)),
    }),
    id,
  }),
  v.looseObject({ type: v.literal('subscribe_pending'), data: room, id }),
  v.looseObject({ type: v.literal('room_unsubscribed'), data: room, id }),
  v.looseObject({
    type: v.literal('pong'),
    data: v.looseObject({ rooms: v.optional(v.record(v.string(), number)) }),
    id,
  }),
  v.looseObject({
    type: v.literal('error'),
    data: v.looseObject({
      code: v.picklist(errorCodeNames),
      message: v.string(),
      requestType: v.optional(v.string()),
      roomId: v.optional(roomIdSchema),
      bullPenId: v.optional(roomIdSchema),
    }),
    id,
  }),
]);

export type ServerAnswer = v.InferOutput<typeof serverAnswerSchema>;

export const serverMessageSchema = v.union([serverAnswerSchema, eventFrameSchema, batchFrameSchema]);
