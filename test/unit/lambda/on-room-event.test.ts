import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, it } from 'vitest';
import { type EventBridgeEvent, onRoomEvent } from '../../../lib/lambda/on-room-event.ts';
import type { SerializedEvent } from '../../../lib/protocol/event-frame.ts';
import { MAX_EVENT_ID_LENGTH, MAX_MESSAGE_BYTES } from '../../../lib/protocol/limits.ts';
import { deadLetterQueue } from '../../../lib/queue/queues.ts';
import type { EnqueueEvent } from '../../../lib/queue/room-streams.ts';
import { type RecordingLog, recordingLog } from '../../support/recording-log.ts';

const MARK = 'S3cr3t';
const NOW = Date.UTC(2026, 8, 21, 13, 46, 40);

const eventOf = (differences: Partial<EventBridgeEvent> = {}): EventBridgeEvent => ({
  id: 'event-bridge-id',
  'detail-type': 'order_executed',
  detail: { roomId: 42, data: { orderId: 1, note: MARK } },
  ...differences,
});

const client = new SQSClient();
const sqs = mockClient(client);
const deadLetters = () => sqs.commandCalls(SendMessageCommand).map((call) => call.args[0].input);

let recorded: RecordingLog;
let entered: SerializedEvent[];
let badEvents: number;
const handlerOf = (enqueueEvent: EnqueueEvent) =>
  onRoomEvent({
    enqueueEvent,
    deadLetter: deadLetterQueue(client, 'http://queue.test/dead-letters'),
    onBadEvent: () => {
      badEvents += 1;
    },
    clock: () => NOW,
    log: recorded.log,
  });
const handle = (event: EventBridgeEvent) =>
  handlerOf(async (good) => {
    entered.push(good);
    return '18849496460467696128';
  })(event);

beforeEach(() => {
  sqs.reset();
  sqs.on(SendMessageCommand).resolves({});
  recorded = recordingLog();
  entered = [];
  badEvents = 0;
});

it('a good event enters the stream of its room, with the id of EventBridge and our time if the service gave none', async () => {
  await handle(eventOf());
  expect(entered).toEqual([
    {
      type: 'order_executed',
      roomId: '42',
      id: 'event-bridge-id',
      publishedAt: NOW,
      data: `{"orderId":1,"note":"${MARK}"}`,
    },
  ]);
  expect([deadLetters(), badEvents]).toEqual([[], 0]);
});

it('a good event leaves one line, for traced rooms only, with its ids and its place in the stream, and nothing of its data', async () => {
  await handle(eventOf({ detail: { roomId: 42, data: { note: MARK }, id: 'own' } }));
  expect(recorded.lines).toEqual([
    {
      level: 'debug',
      name: 'event_ingested',
      fields: {
        eventId: 'own',
        busEventId: 'event-bridge-id',
        eventType: 'order_executed',
        roomId: '42',
        publishedAt: NOW,
        sequenceNumber: '18849496460467696128',
      },
    },
  ]);
});

it('a good event keeps the id and the time of its service, but is dated no further ahead than five seconds', async () => {
  for (const publishedAt of [NOW - 1.4, NOW + 60_000]) {
    await handle(eventOf({ detail: { roomId: 42, data: {}, id: 'own', publishedAt } }));
  }
  expect(entered).toMatchObject([
    { id: 'own', publishedAt: NOW - 1 },
    { id: 'own', publishedAt: NOW + 5_000 },
  ]);
});

it('a good event that the stream does not take is tried again: the handler throws, and dead-letters nothing', async () => {
  const handling = handlerOf(() => Promise.reject(new Error('SQS does not answer')))(eventOf());
  await expect(handling).rejects.toThrow('SQS does not answer');
  expect([deadLetters(), badEvents]).toEqual([[], 0]);
  expect(recorded.text()).not.toContain(MARK);
});

const tooLarge = { roomId: 'r', data: { note: MARK.repeat(MAX_MESSAGE_BYTES / MARK.length) } };

it.each<[string, string, Partial<EventBridgeEvent>]>([
  ['unknown_event', 'detail-type: expected one of ', { 'detail-type': 'order_exekuted' }],
  ['invalid_event', 'detail.roomId: ', { detail: { data: { note: MARK } } }],
  ['invalid_event', 'detail.data.price: ', { detail: { roomId: 'r', data: { price: [MARK] } } }],
  ['invalid_event', 'detail: ', { detail: MARK }],
  ['too_large', 'detail.data: the frame has ', { detail: tooLarge }],
])(
  'a bad event that is %s (%s…) is dead-lettered with its reason, and enters no stream',
  async (code, reason, bad) => {
    const event = eventOf(bad);
    await expect(handle(event)).resolves.toBeUndefined();
    expect(entered).toEqual([]);
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

it('a bad event is logged by its ids, code and reason, without its data', async () => {
  await handle(eventOf({ detail: { roomId: 'r', data: { [MARK]: 1, price: { [MARK]: MARK } } } }));
  expect(recorded.lines).toEqual([
    {
      level: 'warn',
      name: 'event_dead_lettered',
      fields: {
        eventId: 'event-bridge-id',
        busEventId: 'event-bridge-id',
        eventType: 'order_executed',
        roomId: 'r',
        code: 'invalid_event',
        reason: 'detail.data.price: must be a number or a decimal string',
      },
    },
  ]);
});

it('a bad event is logged with its room, if it names one that can be', async () => {
  for (const detail of [{ roomId: 42 }, { bullPenId: 'lobby' }, { roomId: 'a b' }, 'none'])
    await handle(eventOf({ detail }));
  expect(recorded.lines.map(({ fields }) => fields['roomId'])).toEqual(['42', 'lobby', undefined, undefined]);
});

it('a bad event is logged by the id that its publisher gave it, if it has one that an event may have', async () => {
  const longest = 'x'.repeat(MAX_EVENT_ID_LENGTH);
  for (const id of ['own', longest, 7, `${longest}x`]) await handle(eventOf({ detail: { id, data: {} } }));
  expect(recorded.lines.map(({ fields }) => fields['eventId'])).toEqual([
    'own',
    longest,
    'event-bridge-id',
    'event-bridge-id',
  ]);
});

it('a bad event that the dead-letter queue does not take fails the invocation, so that it is not lost', async () => {
  sqs.on(SendMessageCommand).rejects(new Error('SQS does not answer'));
  await expect(handle(eventOf({ 'detail-type': 'nothing' }))).rejects.toThrow('SQS does not answer');
  expect(recorded.text()).not.toContain(MARK);
});
