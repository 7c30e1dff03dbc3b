import type { Log } from '../core/log.ts';
import type { QueuedMessage } from '../core/stream/consume-room.ts';
import type { DeadLetter, RetrySoon } from '../queue/queues.ts';
import { decodeQueuedMessage } from '../queue/room-streams.ts';
import type { SqsBatchResponse } from './on-auth-deadline.ts';

/** A batch of a FIFO queue: up to ten messages of one or several rooms. The messages of each room are in order. */
interface RoomMessagesEvent {
  Records: readonly RoomMessageRecord[];
}

export interface RoomMessageRecord {
  messageId: string;
  receiptHandle: string;
  body: string;
  attributes: { MessageGroupId: string; SequenceNumber: string; ApproximateReceiveCount: string };
}

interface RoomMessagesDeps {
  /** Returns the messages to retry. Never throws. */
  consumeRoom: (roomId: string, messages: readonly QueuedMessage[]) => Promise<readonly QueuedMessage[]>;
  retrySoon: RetrySoon;
  deadLetter: DeadLetter;
  /** Counts a message that was dead-lettered. */
  onBadEvent: () => void;
  log: Log;
}

/**
 * The handler of the broadcaster. Handles all rooms of a batch at the same time. If a room fails, its messages from the
 * first failed one on are retried after a second.
 */
export function onRoomMessages(deps: RoomMessagesDeps) {
  return async ({ Records: records }: RoomMessagesEvent): Promise<SqsBatchResponse> => {
    const rooms = new Set(records.map(({ attributes }) => attributes.MessageGroupId));
    const failures = [...rooms].map((roomId) =>
      consumeRecords(
        deps,
        roomId,
        records.filter(({ attributes }) => attributes.MessageGroupId === roomId),
      ),
    );
    return { batchItemFailures: (await Promise.all(failures)).flat() };
  };
}

async function consumeRecords(deps: RoomMessagesDeps, roomId: string, records: readonly RoomMessageRecord[]) {
  const { decoded, rest } = await decodeAll(deps, records);
  const failed = await deps.consumeRoom(roomId, [...decoded.keys()]);
  const toRetry = [...failed.flatMap((message) => decoded.get(message) ?? []), ...rest];
  await Promise.all(toRetry.map((record) => retryRecordSoon(deps, record)));
  return toRetry.map(({ messageId }) => ({ itemIdentifier: messageId }));
}

/** In order, up to a message that can be neither read nor dead-lettered: that message and all after it are `rest`. */
async function decodeAll(deps: RoomMessagesDeps, records: readonly RoomMessageRecord[]) {
  const decoded = new Map<QueuedMessage, RoomMessageRecord>();
  for (const [index, record] of records.entries()) {
    try {
      const message = await decode(deps, record);
      if (message !== undefined) decoded.set(message, record);
    } catch (error) {
      const { messageId, attributes } = record;
      deps.log('room_message_not_dead_lettered', { roomId: attributes.MessageGroupId, messageId, error });
      return { decoded, rest: records.slice(index) };
    }
  }
  return { decoded, rest: [] };
}

/**
 * Reads a message. Dead-letters a body that is no message of a room stream, so that it does not block the room, and
 * returns undefined. Throws if it cannot be dead-lettered.
 */
async function decode(
  { deadLetter, onBadEvent, log }: RoomMessagesDeps,
  { body, attributes, messageId }: RoomMessageRecord,
): Promise<QueuedMessage | undefined> {
  try {
    return decodeQueuedMessage(body, attributes.SequenceNumber);
  } catch {
    // Without the error, which quotes the message.
    await deadLetter({ messageId, body }, 'invalid_event', 'the body is no message of a stream');
    onBadEvent();
    const { MessageGroupId: roomId, SequenceNumber: sequenceNumber } = attributes;
    log('room_message_dead_lettered', { roomId, messageId, sequenceNumber });
    return undefined;
  }
}

async function retryRecordSoon(
  { retrySoon, log }: RoomMessagesDeps,
  record: RoomMessageRecord,
): Promise<void> {
  const { receiptHandle, messageId, attributes } = record;
  try {
    await retrySoon({ receiptHandle, receiveCount: Number(attributes.ApproximateReceiveCount) });
  } catch (error) {
    // The message is still retried, at the end of its visibility timeout.
    log('room_message_retry_not_advanced', { roomId: attributes.MessageGroupId, messageId, error });
  }
}
