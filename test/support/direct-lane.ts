import type { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { EventBridgeEvent } from '../../lib/lambda/on-room-event.ts';
import { roomLanes } from '../../lib/queue/room-streams.ts';
import type { Handlers } from './handlers.ts';

/** The way of an event from the bus to its room without a queue between: what is sent waits here, room by room. */
export interface DirectLane {
  /** For the handlers. */
  ports: ReturnType<typeof roomLanes>;
  /** Resolves when the event, and whatever the room wants to come back for, has been dealt with. */
  publish(handlers: Pick<Handlers, 'intake' | 'broadcast'>, event: EventBridgeEvent): Promise<void>;
}

interface Waiting {
  body: string;
  sequenceNumber: string;
  /** How often it has been received. */
  received: number;
}

/** Then SQS would put a message aside. */
const MOST_RECEIVES = 10;

export function directLane(): DirectLane {
  const rooms = new Map<string, { waiting: Waiting[]; served: Promise<void> }>();
  let count = 0;
  const laneOf = (roomId: string) => {
    const lane = rooms.get(roomId) ?? { waiting: [], served: Promise.resolve() };
    rooms.set(roomId, lane);
    return lane;
  };

  const send = async ({ input }: SendMessageCommand) => {
    count += 1;
    const { MessageGroupId: roomId = '', MessageBody: body = '' } = input;
    laneOf(roomId).waiting.push({ body, sequenceNumber: String(count), received: 0 });
    return { SequenceNumber: String(count) };
  };

  /** One batch at a time, as of a message group; what fails comes again before what waits behind it. */
  async function serve({ broadcast }: Pick<Handlers, 'broadcast'>, roomId: string): Promise<void> {
    const { waiting } = laneOf(roomId);
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
    ports: roomLanes({ send } as unknown as SQSClient, 'lanes.fifo'),
    async publish(handlers, event) {
      await handlers.intake(event);
      const roomId = String((event.detail as { roomId: unknown }).roomId);
      const lane = laneOf(roomId);
      lane.served = lane.served.then(() => serve(handlers, roomId));
      await lane.served;
    },
  };
}
