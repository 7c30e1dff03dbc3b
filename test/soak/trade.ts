import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { LOCAL_NAME } from '../../lib/config/local-stack.ts';
import type { Stack } from '../support/start-stack.ts';

const EVERY_MS = 100;
/** A state is rewritten, and one of so many others: a room has no more of them. */
const POSITIONS = 50;
/** Of so many times that events are put, one brings an event that nobody can read. */
const BAD_ONE_IN = 40;

/** Services that trade in every room, until they are stopped. */
export interface Trade {
  stop(): Promise<void>;
  readonly counts: Readonly<{ events: number; badEvents: number }>;
}

export function startTrade(stack: Stack, rooms: readonly string[]): Trade {
  const counts = { events: 0, badEvents: 0 };
  let times = 0;
  let isOver = false;

  async function put(): Promise<void> {
    times += 1;
    const roomId = rooms[times % rooms.length] ?? '';
    const bad = times % BAD_ONE_IN === 1 ? [entryOf('order_executed', { roomId: null, data: {} })] : [];
    const entries = [...eventsOf(roomId, times), ...bad];
    counts.events += entries.length - bad.length;
    counts.badEvents += bad.length;
    await stack.application.eventBridge.send(new PutEventsCommand({ Entries: entries }));
  }

  /** Not faster than the emulator takes them: on a busy machine a backlog would be all that is measured. */
  async function trade(): Promise<void> {
    while (!isOver) {
      await put();
      await sleep(EVERY_MS);
    }
  }

  const trading = trade();
  return {
    counts,
    async stop() {
      isOver = true;
      await trading;
    },
  };
}

/** What an operator does with them; how many there were. */
export async function takeDeadLetters({ application: { sqs }, endpoint }: Stack): Promise<number> {
  const QueueUrl = `${endpoint}/000000000000/${LOCAL_NAME}-event-dead-letters`;
  for (let taken = 0; ; ) {
    const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 });
    const { Messages: messages = [] } = await sqs.send(receive);
    if (messages.length === 0) return taken;
    taken += messages.length;
    for (const { ReceiptHandle } of messages)
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
}

function eventsOf(roomId: string, number: number): PutEventsRequestEntry[] {
  const position = (offset: number) => ({
    positionId: `position ${(number + offset) % POSITIONS}`,
    symbol: 'AAPL',
    quantity: number,
  });
  return [
    entryOf('order_executed', { roomId, data: { orderId: randomUUID(), symbol: 'AAPL' } }),
    ...[0, 7, 19].map((offset) => entryOf('position_update', { roomId, data: position(offset) })),
  ];
}

function entryOf(type: string, detail: object): PutEventsRequestEntry {
  return {
    EventBusName: LOCAL_NAME,
    Source: 'trade-room.soak',
    DetailType: type,
    Detail: JSON.stringify(detail),
  };
}
