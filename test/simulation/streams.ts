import type { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ChangeMessageVisibilityCommand } from '@aws-sdk/client-sqs';
import { queues } from '../../lib/config/queues.ts';
import { fifoQueue } from '../../lib/local/sqs/fifo-queue.ts';
import type { ReceivedMessage } from '../../lib/local/sqs/message-queue.ts';
import type { World } from './world.ts';

/** An event that was sent to the room streams. */
export interface TakenEvent {
  roomId: string;
  id: string;
}

export interface Streams {
  /** The SDK's client for the adapters of one invocation. It sends the trace header of the invocation. */
  clientOf(traceHeader: string): Pick<SQSClient, 'send'>;
  receive(most: number): Promise<ReceivedMessage[]>;
  delete(message: ReceivedMessage): void;
  isEmpty(): boolean;
  /** Every event that was sent to a stream, once, in the order of its room. */
  taken: TakenEvent[];
  /** The ids of the events that were dead-lettered. */
  deadLetters: Set<string>;
  /** Whether any message was dead-lettered, delivery requests included. */
  readonly hasGivenUp: boolean;
}

/** Whether a message is a delivery request, which a room sends to itself. */
export const isDeliver = (body: string): boolean => JSON.parse(body).event === undefined;

/** The room streams, made of the emulator's FIFO queue. */
export function createStreams(world: World, { deduplicates = true } = {}): Streams {
  const { fifo, redrive, visibilityTimeoutSeconds } = queues['room-events.fifo'];
  const taken: TakenEvent[] = [];
  const deadLetters = new Set<string>();
  let hasGivenUp = false;
  const known = new Set<string>();
  let ids = 0;
  const newId = () => {
    ids += 1;
    return `m${ids}`;
  };
  const queue = fifoQueue({
    fifo,
    delaySeconds: 0,
    visibilityTimeoutSeconds,
    redrive: {
      maxReceiveCount: redrive.maxReceiveCount,
      deadLetter({ body }) {
        const { event } = JSON.parse(body);
        world.note(`given up: ${event?.id ?? 'a delivery'}`);
        hasGivenUp = true;
        if (event !== undefined) deadLetters.add(event.id);
      },
    },
    time: world.time,
    newId,
  });

  function send({ input }: SendMessageCommand, traceHeader: string) {
    const {
      MessageBody: body = '',
      MessageGroupId: groupId = '',
      MessageDeduplicationId: asked = '',
    } = input;
    const deduplicationId = deduplicates ? asked : newId();
    const { messageId, sequenceNumber } = queue.send({ body, groupId, deduplicationId, traceHeader });
    const { event } = JSON.parse(body);
    if (event === undefined || known.has(messageId)) return { MessageId: messageId };
    known.add(messageId);
    taken.push({ roomId: groupId, id: event.id });
    world.note(`${event.id} ${event.type} of ${groupId} enters its stream, ${sequenceNumber}`);
    return { MessageId: messageId };
  }

  return {
    clientOf: (traceHeader) =>
      ({
        send: async (command: SendMessageCommand | ChangeMessageVisibilityCommand) => {
          if (!(command instanceof ChangeMessageVisibilityCommand)) return send(command, traceHeader);
          const { ReceiptHandle: receiptHandle = '', VisibilityTimeout: seconds = 0 } = command.input;
          queue.changeVisibility(receiptHandle, seconds);
          return {};
        },
      }) as unknown as SQSClient,
    receive: (most) => queue.receive({ most, waitSeconds: Number.POSITIVE_INFINITY }),
    delete({ receiptHandle }) {
      try {
        queue.delete(receiptHandle);
      } catch {
        // Too late: the message is visible again, and will be redelivered.
      }
    },
    isEmpty() {
      const { visible, delayed, inFlight } = queue.count();
      return visible + delayed + inFlight === 0;
    },
    taken,
    deadLetters,
    get hasGivenUp() {
      return hasGivenUp;
    },
  };
}
