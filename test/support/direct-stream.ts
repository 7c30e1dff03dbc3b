import type { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { EventBridgeEvent } from '../../lib/lambda/on-room-event.ts';
import { roomStreams } from '../../lib/queue/room-streams.ts';
import type { Handlers } from './handlers.ts';

/** The way of an event from the bus to its room without a queue between: what is sent waits here, room by room. */
export interface DirectStream {
  /** For the handlers. */
  ports: ReturnType<typeof roomStreams>;
  /** Resolves when the event, and whatever the room wants to come back for, has been dealt with. */
  publish(handlers: Pick<Handlers, 'ingest' | 'broadcast'>, event: EventBridgeEvent): Promise<void>;
}

interface Waiting {
  body: string;
  sequenceNumber: string;
  /** How often it has been received. */
  received: number;
}

/** Then SQS would put a message aside. */
const MOST_RECEIVES = 10;

export function directStream(): DirectStream {
  const rooms = new Map<string, { waiting: Waiting[]; served: Promise<void> }>();
  let count = 0;
  const streamOf = (roomId: string) => {
    const stream = rooms.get(roomId) ?? { waiting: [], served: Promise.resolve() };
    rooms.set(roomId, stream);
    return stream;
  };

  const send = async ({ input }: SendMessageCommand) => {
    count += 1;
    const { MessageGroupId: roomId = '', MessageBody: body = '' } = input;
    streamOf(roomId).waiting.push({ body, sequenceNumber: String(count), received: 0 });
    return { SequenceNumber: String(count) };
  };

  /** One batch at a time, as of a message group; what fails comes again before what waits behind it. */
  async function serve({ broadcast }: Pick<Handlers, 'broadcast'>, roomId: string): Promise<void> {
    const { waiting } = streamOf(roomId);
    while (waiting.length > 0) {
      const batch = waiting.splice(0, 10).map((message) => ({ ...message, received: message.received + 1 }));
      const records = batch.map(({ body, sequenceNumber, received }) => ({
        messageId: sequenceNumber,
        receiptHandle: sequenceNumber,
        body,
        attributes: {
          MessageGroupId: roomId,
          SequenceNumber: sequenceNumber,
          ApproximateReceiveCount: String(received),
        },
      }));
      const { batchItemFailures } = await broadcast({ Records: records });
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      const comingAgain = batch.filter(({ sequenceNumber }) => failed.has(sequenceNumber));
      if (comingAgain.some(({ received }) => received >= MOST_RECEIVES))
        throw new Error('a room could not be served');
      waiting.unshift(...comingAgain);
    }
  }

  return {
    ports: roomStreams({ send } as unknown as SQSClient, 'room-events.fifo'),
    async publish(handlers, event) {
      await handlers.ingest(event);
      const roomId = String((event.detail as { roomId: unknown }).roomId);
      const stream = streamOf(roomId);
      stream.served = stream.served.then(() => serve(handlers, roomId));
      await stream.served;
    },
  };
}
