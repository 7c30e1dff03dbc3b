import { createHash } from 'node:crypto';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import type { RequestDelivery } from '../core/ports.ts';
import type { QueuedMessage } from '../core/stream/consume-room.ts';
import { conflation } from '../protocol/conflation.ts';
import type { SerializedEvent } from '../protocol/event-frame.ts';
import { unfitForJson } from '../protocol/parsing.ts';
import type { RoomEventType } from '../protocol/room-events.ts';
import { sqsText } from './queues.ts';

/** Rooms whose last delivery request is remembered. A forgotten one costs one send, which SQS drops as a duplicate. */
export const MAX_REMEMBERED_REQUESTS = 10_000;

/**
 * Puts an event into its room stream, and returns SQS's number of the message. SQS drops a duplicate (same room, type and
 * id) within five minutes; its number is that of the first.
 */
export type EnqueueEvent = (event: SerializedEvent) => Promise<string>;

/** The streams of all rooms: one FIFO queue, a message group a room. */
export function roomStreams(
  client: Pick<SQSClient, 'send'>,
  queueUrl: string,
): { enqueueEvent: EnqueueEvent; requestDelivery: RequestDelivery } {
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
   * Room → its last delivery request, oldest first. A repeated request is not sent: SQS would drop it, but it would count
   * towards the room's 300 sends a second.
   */
  const lastRequest = new Map<string, string>();

  function remember(roomId: string, request: string): void {
    lastRequest.delete(roomId);
    lastRequest.set(roomId, request);
    for (const oldest of lastRequest.keys()) {
      if (lastRequest.size <= MAX_REMEMBERED_REQUESTS) break;
      lastRequest.delete(oldest);
    }
  }

  return {
    enqueueEvent({ type, roomId, id, publishedAt, data }) {
      const event = JSON.stringify({ type, roomId, id, publishedAt });
      // `data` is JSON already and is inserted as it is. As a JSON string it would be longer, and SQS bills by 64 KB.
      return send(roomId, `{"event":${event},"data":${data}}`, identity(roomId, type, id));
    },
    // One request delivers everything beyond `deliveredSeq`. It stays in the stream, or is retried, until that moves.
    async requestDelivery(roomId, { epoch, deliveredSeq }) {
      const request = identity(roomId, 'deliver', epoch, deliveredSeq);
      if (lastRequest.get(roomId) === request) return;
      await send(roomId, '{"kind":"deliver"}', request);
      remember(roomId, request);
    },
  };
}

function identity(...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

const messageSchema = v.union([
  v.object({ kind: v.literal('deliver') }),
  v.object({
    event: v.object({
      // `conflation` instead of `roomEventTypes`: that would bundle every schema, and the ingest has checked the event.
      type: v.picklist(Object.keys(conflation) as RoomEventType[]),
      roomId: v.string(),
      id: v.string(),
      publishedAt: v.number(),
    }),
    data: v.custom<object>((data) => typeof data === 'object' && data !== null),
  }),
]);

/** The digits of the largest 128-bit number. SQS's numbers are padded to it, so that they compare as text. */
const SEQUENCE_NUMBER_LENGTH = 39;

/** Reads a message of `roomStreams`. Throws on anything else. */
export function decodeQueuedMessage(body: string, sequenceNumber: string): QueuedMessage {
  const message = v.parse(messageSchema, JSON.parse(body));
  // A message of the previous release may hold what the ingest refuses now.
  const unfit = unfitForJson(message, 'message');
  if (unfit !== undefined) throw new Error(unfit);
  const padded = { sequenceNumber: sequenceNumber.padStart(SEQUENCE_NUMBER_LENGTH, '0') };
  if ('kind' in message) return { ...padded, kind: 'deliver' };
  return { ...padded, event: { ...message.event, data: JSON.stringify(message.data) } };
}
