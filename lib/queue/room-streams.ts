import { createHash } from 'node:crypto';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import type { RequestDelivery } from '../core/ports.ts';
import type { QueuedMessage } from '../core/stream/consume-room.ts';
import type { SerializedEvent } from '../protocol/event-frame.ts';
import type { RoomEventType } from '../protocol/room-events.ts';
import { conflation } from '../protocol/state-keys.ts';
import { illFormedPath } from '../protocol/well-formed.ts';
import { sqsText } from './queues.ts';

/** Of so many rooms the last delivery request is remembered. One that is forgotten costs a send, which SQS drops as a repetition. */
export const MOST_REMEMBERED_REQUESTS = 10_000;

/**
 * Puts an event into its room's stream, and returns SQS's number of its message. Of an event that comes twice within five
 * minutes SQS drops the second: its number is that of the first.
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
   * Room → the delivery that it was asked for last; the one of longest ago comes first. SQS would drop it the second time; a
   * room's 300 sends are better spent.
   */
  const lastRequest = new Map<string, string>();

  function remember(roomId: string, request: string): void {
    lastRequest.delete(roomId);
    lastRequest.set(roomId, request);
    for (const oldest of lastRequest.keys()) {
      if (lastRequest.size <= MOST_REMEMBERED_REQUESTS) break;
      lastRequest.delete(oldest);
    }
  }

  return {
    enqueueEvent({ type, roomId, id, publishedAt, data }) {
      const event = JSON.stringify({ type, roomId, id, publishedAt });
      // `data` is JSON already; as a string in JSON it would be longer, and SQS bills by 64 KB.
      return send(roomId, `{"event":${event},"data":${data}}`, identity(roomId, type, id));
    },
    // One for all that is behind `deliveredSeq`: it is in the stream until `deliveredSeq` has moved, or comes again.
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
      // Not of `roomEventTypes`: that comes with every schema, which the ingest has checked already.
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

/** Reads what `roomStreams` has sent; throws on anything else. */
export function decodeQueuedMessage(body: string, sequenceNumber: string): QueuedMessage {
  const message = v.parse(messageSchema, JSON.parse(body));
  // A message of the release before may hold what the ingest refuses now.
  if (illFormedPath(message, 'message') !== undefined) throw new Error('the message is not well-formed text');
  const position = { sequenceNumber: sequenceNumber.padStart(SEQUENCE_NUMBER_LENGTH, '0') };
  if ('kind' in message) return { ...position, kind: 'deliver' };
  return { ...position, event: { ...message.event, data: JSON.stringify(message.data) } };
}
