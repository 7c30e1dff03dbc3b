import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { BroadcastResult } from '../../../lib/core/broadcast-result.ts';
import type { BroadcastReport } from '../../../lib/lambda/broadcast-report.ts';
import { type EventBridgeEvent, onRoomEvent } from '../../../lib/lambda/on-room-event.ts';
import { MAX_MESSAGE_BYTES } from '../../../lib/protocol/limits.ts';
import type { RoomEvent } from '../../../lib/protocol/room-events.ts';
import { deadLetterQueue } from '../../../lib/queue/dead-letter-queue.ts';
import { type RecordingLog, recordingLog } from './recording-log.ts';

const MARK = 'S3cr3t';
const PUBLISHED_AT = Date.UTC(2026, 8, 21, 13, 46, 40);
const result: BroadcastResult = {
  delivered: 2,
  gone: 1,
  expired: 0,
  failed: 0,
  throttled: 0,
  posts: 3,
  lastDeliveryAt: PUBLISHED_AT + 150,
  functions: 1,
  complete: true,
};
/** The broadcast began 100 ms after the event was published, and ended after 80. */
const report: BroadcastReport = {
  delivered: 2,
  gone: 1,
  expired: 0,
  failed: 0,
  throttled: 0,
  posts: 3,
  functions: 1,
  complete: true,
  durationMs: 80,
  lagMs: 150,
  postsPerSecond: 40,
};

const eventOf = (differences: Partial<EventBridgeEvent> = {}): EventBridgeEvent => ({
  id: 'event-bridge-id',
  'detail-type': 'order_executed',
  time: '2026-09-21T13:46:40Z',
  detail: { roomId: 42, data: { orderId: 1, note: MARK } },
  ...differences,
});

const sqs = mockClient(SQSClient);
const deadLetters = () => sqs.commandCalls(SendMessageCommand).map((call) => call.args[0].input);

let log: RecordingLog;
let sent: { event: RoomEvent; frame: string }[];
let counted: BroadcastReport[];
let times: number[];
let badEvents: number;
const handlerOf = (broadcast: () => Promise<BroadcastResult>) =>
  onRoomEvent({
    broadcast(event, frame) {
      sent.push({ event, frame: new TextDecoder().decode(frame) });
      return broadcast();
    },
    deadLetter: deadLetterQueue(new SQSClient(), 'http://queue.test/dead-letters'),
    onBroadcast: (counts) => void counted.push(counts),
    onBadEvent: () => {
      badEvents += 1;
    },
    clock: () => times.shift() ?? Number.NaN,
    log,
  });
const handle = (event: EventBridgeEvent) => handlerOf(async () => result)(event);

beforeEach(() => {
  sqs.reset();
  sqs.on(SendMessageCommand).resolves({});
  log = recordingLog();
  sent = [];
  counted = [];
  times = [PUBLISHED_AT + 100, PUBLISHED_AT + 180];
  badEvents = 0;
});

describe('a good event', () => {
  it('is broadcast to its room as the frame that clients read, with EventBridge filling the gaps', async () => {
    await handle(eventOf());
    expect(sent).toHaveLength(1);
    expect(sent[0]?.event.roomId).toBe('42');
    expect(JSON.parse(sent[0]?.frame ?? '')).toEqual({
      type: 'order_executed',
      data: { orderId: 1, note: MARK },
      roomId: '42',
      id: 'event-bridge-id',
      publishedAt: PUBLISHED_AT,
    });
  });

  it('is counted and logged with what became of it, without its data', async () => {
    await handle(eventOf());
    expect(counted).toEqual([report]);
    expect(log.lines).toEqual([
      {
        level: 'info',
        message: 'broadcast',
        rest: { type: 'order_executed', roomId: '42', eventId: 'event-bridge-id', ...report },
      },
    ]);
    expect(deadLetters()).toEqual([]);
    expect(badEvents).toBe(0);
  });

  it('P4 that was broadcast but cannot be counted is not tried again: everybody would get it twice', async () => {
    const handler = onRoomEvent({
      broadcast: async () => result,
      deadLetter: async () => undefined,
      onBroadcast: () => {
        throw new Error('no such metric');
      },
      onBadEvent: () => undefined,
      clock: () => 0,
      log,
    });
    await expect(handler(eventOf())).resolves.toBeUndefined();
    expect(log.lines.map(({ level, message }) => [level, message])).toEqual([
      ['error', 'broadcast not counted'],
      ['info', 'broadcast'],
    ]);
  });

  it('whose broadcast throws is tried again: the handler throws, nothing is put aside or counted', async () => {
    const handling = handlerOf(() => Promise.reject(new Error('members cannot be read')))(eventOf());
    await expect(handling).rejects.toThrow('members cannot be read');
    expect(deadLetters()).toEqual([]);
    expect(counted).toEqual([]);
    expect(log.text()).not.toContain(MARK);
  });
});

describe('P4 a bad event', () => {
  const tooLarge = { roomId: 'r', data: { note: MARK.repeat(MAX_MESSAGE_BYTES / MARK.length) } };

  it.each<[string, string, Partial<EventBridgeEvent>]>([
    ['unknown_event', 'detail-type: expected one of ', { 'detail-type': 'order_exekuted' }],
    ['invalid_event', 'detail.roomId: ', { detail: { data: { note: MARK } } }],
    ['invalid_event', 'detail.data.price: ', { detail: { roomId: 'r', data: { price: [MARK] } } }],
    ['invalid_event', 'detail: ', { detail: MARK }],
    ['too_large', 'detail.data: the frame has ', { detail: tooLarge }],
  ])(
    'that is %s (%s…) is put aside with its reason, and never reaches a client',
    async (code, reason, bad) => {
      const event = eventOf(bad);
      await expect(handle(event)).resolves.toBeUndefined();
      expect(sent).toEqual([]);
      expect(badEvents).toBe(1);
      const [letter] = deadLetters();
      expect(letter?.QueueUrl).toBe('http://queue.test/dead-letters');
      expect(JSON.parse(letter?.MessageBody ?? '')).toEqual(event);
      expect(letter?.MessageAttributes).toMatchObject({
        ERROR_CODE: { DataType: 'String', StringValue: code },
        ERROR_MESSAGE: { DataType: 'String', StringValue: expect.stringContaining(reason) },
      });
    },
  );

  it('is logged by its id, code and reason, without anything of its own', async () => {
    await handle(eventOf({ detail: { roomId: MARK, data: { [MARK]: 1, price: { [MARK]: MARK } } } }));
    expect(log.lines).toEqual([
      {
        level: 'warn',
        message: 'event put aside',
        rest: {
          eventId: 'event-bridge-id',
          code: 'invalid_event',
          reason: 'detail.data.price: must be a number or a decimal string',
        },
      },
    ]);
  });

  it('that the dead-letter queue does not take fails the invocation, so that it is not lost', async () => {
    sqs.on(SendMessageCommand).rejects(new Error('SQS does not answer'));
    await expect(handle(eventOf({ 'detail-type': 'nothing' }))).rejects.toThrow('SQS does not answer');
    expect(log.text()).not.toContain(MARK);
  });
});
