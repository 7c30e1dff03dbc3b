import type { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ChangeMessageVisibilityCommand } from '@aws-sdk/client-sqs';
import { queues } from '../../lib/config/queues.ts';
import { fifoQueue } from '../../lib/local/sqs/fifo-queue.ts';
import type { ReceivedMessage } from '../../lib/local/sqs/message-queue.ts';
import type { World } from './world.ts';

/** An event that the streams have taken, in the order of its room. */
export interface TakenEvent {
  roomId: string;
  id: string;
}

export interface Streams {
  /** As the SDK's client, for the adapters of an invocation, whose trace header it sends. */
  clientOf(traceHeader: string): Pick<SQSClient, 'send'>;
  receive(most: number): Promise<ReceivedMessage[]>;
  delete(message: ReceivedMessage): void;
  isEmpty(): boolean;
  /** Every event that was taken, once. */
  taken: TakenEvent[];
  /** Of the events that were given up. */
  deadLetters: Set<string>;
  /** Whether any message was, perhaps one that wanted something to be sent. */
  readonly hasGivenUp: boolean;
}

/** Whether a room has sent this message itself, to come back to its log. */
export const isDeliver = (body: string): boolean => JSON.parse(body).event === undefined;

/** The streams, by the emulator's own FIFO queue. */
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
        // Too late: it has been made visible, and comes again.
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
