import { setImmediate } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import type { QueuedMessage } from '../../../lib/core/stream/consume-room.ts';
import { onRoomMessages, type RoomMessageRecord } from '../../../lib/lambda/on-room-messages.ts';
import { type RecordingLog, recordingLog } from '../../support/recording-log.ts';

const MARK = 'S3cr3t';

/** A message of a room; its number is its place in the queue. */
function record(
  roomId: string,
  place: number,
  differences: { body?: string; received?: number } = {},
): RoomMessageRecord {
  const event = { type: 'order_executed', roomId, id: `event-${place}`, publishedAt: 1 };
  const { body = JSON.stringify({ event, data: {} }), received = 1 } = differences;
  return {
    messageId: `message-${place}`,
    receiptHandle: `handle-${place}`,
    body,
    attributes: {
      MessageGroupId: roomId,
      SequenceNumber: String(place),
      ApproximateReceiveCount: String(received),
    },
  };
}

const bad = (roomId: string, place: number) => record(roomId, place, { body: `{"${MARK}"` });
const placeOf = ({ sequenceNumber }: QueuedMessage) => Number(sequenceNumber);

type Serve = (roomId: string, messages: readonly QueuedMessage[]) => Promise<readonly QueuedMessage[]>;

let recorded: RecordingLog;
let served: [string, number[]][];
let retried: { receiptHandle: string; receiveCount: number }[];
let letters: { event: object; code: string; message: string }[];
let badEvents: number;

const noFailure: Serve = async () => [];
const handlerOf = (serve: Serve, differences: Partial<Parameters<typeof onRoomMessages>[0]> = {}) =>
  onRoomMessages({
    consumeRoom(roomId, messages) {
      served.push([roomId, messages.map(placeOf)]);
      return serve(roomId, messages);
    },
    retrySoon: async (message) => void retried.push(message),
    deadLetter: async (event, code, message) => void letters.push({ event, code, message }),
    onBadEvent: () => {
      badEvents += 1;
    },
    log: recorded.log,
    ...differences,
  });

beforeEach(() => {
  recorded = recordingLog();
  [served, retried, letters] = [[], [], []];
  badEvents = 0;
});

it('a batch is handled room by room, with the messages of each room in order', async () => {
  const records = [record('a', 1), record('b', 2), record('a', 3), record('a', 4)];
  expect(await handlerOf(noFailure)({ Records: records })).toEqual({ batchItemFailures: [] });
  expect(Object.fromEntries(served)).toEqual({ a: [1, 3, 4], b: [2] });
  expect(served).toHaveLength(2);
  expect([retried, letters, badEvents, recorded.lines]).toEqual([[], [], 0, []]);
});

it('a batch is handled for all rooms at the same time, so that a slow room delays no other', async () => {
  let end: (failed: readonly QueuedMessage[]) => void = () => undefined;
  const slow = new Promise<readonly QueuedMessage[]>((resolve) => {
    end = resolve;
  });
  const serve: Serve = (roomId) => (roomId === 'a' ? slow : Promise.resolve([]));
  const handled = handlerOf(serve)({ Records: [record('a', 1), record('b', 2)] });
  await setImmediate();
  expect(served.map(([roomId]) => roomId).sort()).toEqual(['a', 'b']);
  end([]);
  expect(await handled).toEqual({ batchItemFailures: [] });
});

const failing: Serve = async (roomId, messages) => (roomId === 'a' ? messages.slice(1) : []);
const records = [record('a', 1), record('b', 2), record('a', 3), record('a', 4, { received: 3 })];

it('the messages of a room that fails are retried for the room that failed, and for no other room', async () => {
  expect(await handlerOf(failing)({ Records: records })).toEqual({
    batchItemFailures: [{ itemIdentifier: 'message-3' }, { itemIdentifier: 'message-4' }],
  });
});

it('the messages of a room that fails are retried soon, and later after each further failure', async () => {
  await handlerOf(failing)({ Records: records });
  expect(retried).toEqual([
    { receiptHandle: 'handle-3', receiveCount: 1 },
    { receiptHandle: 'handle-4', receiveCount: 3 },
  ]);
});

it('the messages of a room that fails are retried after the visibility timeout if the wait cannot be shortened', async () => {
  const retrySoon = () => Promise.reject(new Error('SQS does not answer'));
  const { batchItemFailures } = await handlerOf(failing, { retrySoon })({ Records: records });
  expect(batchItemFailures).toHaveLength(2);
  const line = { level: 'error', name: 'room_message_retry_not_advanced' };
  expect(recorded.lines).toMatchObject([
    { ...line, fields: { roomId: 'a', messageId: 'message-3' } },
    { ...line, fields: { roomId: 'a', messageId: 'message-4' } },
  ]);
});

it('a body that is no message of a room stream is dead-lettered with its reason, and does not block the room', async () => {
  const records = [record('a', 1), bad('a', 2), record('a', 3)];
  expect(await handlerOf(noFailure)({ Records: records })).toEqual({ batchItemFailures: [] });
  expect(served).toEqual([['a', [1, 3]]]);
  expect(letters).toEqual([
    {
      event: { messageId: 'message-2', body: `{"${MARK}"` },
      code: 'invalid_event',
      message: 'the body is no message of a stream',
    },
  ]);
  expect(badEvents).toBe(1);
});

it('a body that is no message of a room stream is logged with its id, without its content', async () => {
  await handlerOf(noFailure)({ Records: [bad('a', 2)] });
  const line = {
    level: 'warn',
    name: 'room_message_dead_lettered',
    fields: { roomId: 'a', messageId: 'message-2', sequenceNumber: '2' },
  };
  expect(recorded.lines).toEqual([line]);
  expect(recorded.text()).not.toContain(MARK);
});

it('a body that is no message of a room stream is not retried with the messages before it', async () => {
  const failing: Serve = async (_, messages) => messages;
  const { batchItemFailures } = await handlerOf(failing)({ Records: [bad('a', 1), record('a', 2)] });
  expect(batchItemFailures).toEqual([{ itemIdentifier: 'message-2' }]);
});

it('a body that is no message of a room stream is retried without any message of another room if the dead-letter queue refuses it', async () => {
  const deadLetter = () => Promise.reject(new Error('SQS does not answer'));
  const handled = handlerOf(noFailure, { deadLetter })({ Records: [bad('a', 1), record('b', 2)] });
  expect(await handled).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
  expect(served).toContainEqual(['b', [2]]);
});

it('a body that is no message of a room stream is retried with all later messages of its room if the dead-letter queue refuses it', async () => {
  const deadLetter = () => Promise.reject(new Error('SQS does not answer'));
  const records = [record('a', 1), bad('a', 2), record('a', 3), record('a', 4)];
  const { batchItemFailures } = await handlerOf(noFailure, { deadLetter })({ Records: records });
  expect(served).toEqual([['a', [1]]]);
  expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual([
    'message-2',
    'message-3',
    'message-4',
  ]);
});
