import { createHash } from 'node:crypto';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import type { QueueFlush } from '../core/ports.ts';
import type { LaneMessage } from '../core/stream/consume-room.ts';
import type { SerializedEvent } from '../protocol/event-frame.ts';
import type { RoomEventType } from '../protocol/room-events.ts';
import { conflation } from '../protocol/state-keys.ts';
import { illFormedPath } from '../protocol/well-formed.ts';
import { sqsText } from './queues.ts';

/** Of so many rooms the last flush is remembered. One that is forgotten costs a send, which SQS drops as a repetition. */
export const MOST_REMEMBERED_FLUSHES = 10_000;

/**
 * Puts an event into its room's lane, and returns SQS's number of its message. Of an event that comes twice within five
 * minutes SQS drops the second: its number is that of the first.
 */
export type EnterLane = (event: SerializedEvent) => Promise<string>;

/** The lanes of all rooms: one FIFO queue, a message group a room. */
export function roomLanes(
  client: Pick<SQSClient, 'send'>,
  queueUrl: string,
): { enterLane: EnterLane; queueFlush: QueueFlush } {
  async function send(roomId: string, body: string, deduplicationId: string): Promise<string> {
    const { SequenceNumber: sequenceNumber = '' } = await client.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageGroupId: roomId,
        MessageDeduplicationId: deduplicationId,
        MessageBody: sqsText(body),
      }),
    );
    return sequenceNumber;
  }
  /**
   * Room → the flush that it was asked for last; the one of longest ago comes first. SQS would drop it the second time; a
   * room's 300 sends are better spent.
   */
  const lastFlush = new Map<string, string>();

  function remember(roomId: string, flush: string): void {
    lastFlush.delete(roomId);
    lastFlush.set(roomId, flush);
    for (const oldest of lastFlush.keys()) {
      if (lastFlush.size <= MOST_REMEMBERED_FLUSHES) break;
      lastFlush.delete(oldest);
    }
  }

  return {
    enterLane({ type, roomId, id, publishedAt, data }) {
      const event = JSON.stringify({ type, roomId, id, publishedAt });
      // `data` is JSON already; as a string in JSON it would be longer, and SQS bills by 64 KB.
      return send(roomId, `{"event":${event},"data":${data}}`, identity(roomId, type, id));
    },
    // One for all that is behind `flushed`: it is in the lane until `flushed` has moved, or comes again.
    async queueFlush(roomId, { epoch, flushed }) {
      const flush = identity(roomId, 'flush', epoch, flushed);
      if (lastFlush.get(roomId) === flush) return;
      await send(roomId, '{"flush":true}', flush);
      remember(roomId, flush);
    },
  };
}

function identity(...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

const messageSchema = v.union([
  v.object({ flush: v.literal(true) }),
  v.object({
    event: v.object({
      // Not of `roomEventTypes`: that comes with every schema, which the intake has checked already.
      type: v.picklist(Object.keys(conflation) as RoomEventType[]),
      roomId: v.string(),
      id: v.string(),
      publishedAt: v.number(),
    }),
    data: v.custom<object>((data) => typeof data === 'object' && data !== null),
  }),
]);

/** As many digits as SQS's 128 bits can have, so that numbers compare as text. */
const SEQUENCE_NUMBER_LENGTH = 39;

/** Reads what `roomLanes` has sent; throws on anything else. */
export function decodeLaneMessage(body: string, sequenceNumber: string): LaneMessage {
  const message = v.parse(messageSchema, JSON.parse(body));
  // A message of the release before may hold what the intake refuses now.
  if (illFormedPath(message, 'message') !== undefined) throw new Error('the message is not well-formed text');
  const position = { sequenceNumber: sequenceNumber.padStart(SEQUENCE_NUMBER_LENGTH, '0') };
  if ('flush' in message) return { ...position, flush: true };
  return { ...position, event: { ...message.event, data: JSON.stringify(message.data) } };
}
