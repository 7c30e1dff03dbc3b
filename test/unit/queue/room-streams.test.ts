import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import type { SerializedEvent } from '../../../lib/protocol/event-frame.ts';
import { roomEventTypes } from '../../../lib/protocol/room-events.ts';
import {
  decodeQueuedMessage,
  type EnqueueEvent,
  MAX_REMEMBERED_REQUESTS,
  roomStreams,
} from '../../../lib/queue/room-streams.ts';

const client = new SQSClient();
const sqs = mockClient(client);

const newStreams = () => roomStreams(client, 'http://queue.test/room-events.fifo');
let enqueueEvent: EnqueueEvent;
beforeEach(() => {
  sqs.reset();
  sqs.on(SendMessageCommand).resolves({});
  enqueueEvent = newStreams().enqueueEvent;
});
const event: SerializedEvent = {
  type: 'order_executed',
  roomId: 'r',
  id: 'i',
  publishedAt: 5,
  data: '{"a":1}',
};
const position = { epoch: 'e', deliveredSeq: 2 };

async function sentBy(send: () => Promise<unknown>) {
  sqs.resetHistory();
  await send();
  const inputs = sqs.commandCalls(SendMessageCommand).map((call) => call.args[0].input);
  expect(inputs).toHaveLength(1);
  const {
    QueueUrl = '',
    MessageGroupId = '',
    MessageDeduplicationId = '',
    MessageBody = '',
  } = inputs[0] ?? {};
  return { QueueUrl, MessageGroupId, MessageDeduplicationId, MessageBody };
}
const sent = (differences: Partial<SerializedEvent> = {}) =>
  sentBy(() => enqueueEvent({ ...event, ...differences }));
const sentRequest = (differences: Partial<typeof position> = {}, roomId = 'r') =>
  sentBy(() => newStreams().requestDelivery(roomId, { ...position, ...differences }));

it('a message sent to a room stream is in the group of its room', async () => {
  const stream = { QueueUrl: 'http://queue.test/room-events.fifo', MessageGroupId: 'another' };
  expect(await sent({ roomId: 'another' })).toMatchObject(stream);
  expect(await sentRequest({}, 'another')).toMatchObject(stream);
});

it('a message sent to a room stream is a duplicate if room, type and id of its event are the same, even if other fields differ', async () => {
  const { MessageDeduplicationId } = await sent();
  expect(MessageDeduplicationId).toMatch(/^[0-9a-f]{64}$/);
  expect(await sent({ publishedAt: 6, data: '{}' })).toMatchObject({ MessageDeduplicationId });
});

it('a message sent to a room stream is no duplicate if one of them differs, even if they are the same when joined', async () => {
  const ids = [
    await sent(),
    await sent({ id: 'j' }),
    await sent({ roomId: 's' }),
    await sent({ type: 'order_failed' }),
    await sent({ roomId: 'ri', id: '' }),
    await sent({ id: '","' }),
  ].map(({ MessageDeduplicationId }) => MessageDeduplicationId);
  expect(new Set(ids).size).toBe(ids.length);
});

it('a delivery request is a duplicate only at the same position of the same room, and never of an event', async () => {
  const ids = [
    await sentRequest(),
    await sentRequest({ epoch: 'f' }),
    await sentRequest({ deliveredSeq: 3 }),
    await sentRequest({}, 's'),
    await sent({ id: 'deliver' }),
  ].map(({ MessageDeduplicationId }) => MessageDeduplicationId);
  expect(new Set(ids).size).toBe(5);
  expect((await sentRequest()).MessageDeduplicationId).toBe(ids[0]);
});

it('a delivery request is sent once, unless the queue refused it', async () => {
  const { requestDelivery: ask } = newStreams();
  sqs.on(SendMessageCommand).rejectsOnce(new Error('SQS does not answer')).resolves({});
  await expect(ask('r', position)).rejects.toThrow('SQS does not answer');
  await ask('r', position);
  await ask('r', position);
  await ask('r', { ...position, deliveredSeq: 3 });
  expect(sqs.commandCalls(SendMessageCommand)).toHaveLength(3);
});

it('delivery requests are remembered for a bounded number of rooms, and the oldest room is forgotten first', async () => {
  let sends = 0;
  const counting = {
    async send() {
      sends += 1;
      return {};
    },
  };
  const { requestDelivery: ask } = roomStreams(counting as unknown as SQSClient, 'http://queue.test/q');
  const asksOf = async (room: string) => {
    const before = sends;
    await ask(room, position);
    return sends - before;
  };
  const rooms = Array.from({ length: MAX_REMEMBERED_REQUESTS }, (_, index) => `room-${index}`);
  for (const room of rooms) await ask(room, position);
  await ask('room-0', { ...position, deliveredSeq: 3 });
  expect(await asksOf('room-1')).toBe(0);
  await ask('one-more', position);
  expect([await asksOf('room-2'), await asksOf('room-1')]).toEqual([0, 1]);
});

it('a message sent to a room stream that the queue refuses fails', async () => {
  sqs.on(SendMessageCommand).rejects(new Error('SQS does not answer'));
  await expect(enqueueEvent(event)).rejects.toThrow('SQS does not answer');
  await expect(newStreams().requestDelivery('r', position)).rejects.toThrow('SQS does not answer');
});

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\uFFFE', '\uFFFF', '\ud83d\ude00', '\\uFFFE', '\u0000'),
);
const json = fc.oneof(fc.jsonValue(), text, fc.constant(JSON.parse('{"__proto__":{"a":1},"constructor":2}')));
const anyEvent: fc.Arbitrary<SerializedEvent> = fc.record({
  type: fc.constantFrom(...roomEventTypes),
  roomId: fc.stringMatching(/^[A-Za-z0-9_.:-]{1,128}$/),
  id: text,
  publishedAt: fc.maxSafeNat(),
  data: fc.dictionary(text, json).map((data) => JSON.stringify(data)),
});

it('a message read from a room stream is the event that was sent, with any content, in text that SQS accepts', async () => {
  const property = fc.asyncProperty(anyEvent, async (event) => {
    const { MessageBody } = await sent(event);
    // SQS takes #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.
    expect(MessageBody).not.toMatch(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u);
    expect(decodeQueuedMessage(MessageBody, '1')).toMatchObject({ event });
  });
  await fc.assert(property);
});

it('a message read from a room stream is refused if a text in it is half a surrogate pair, which an older release may have accepted', async () => {
  const { MessageBody } = await sent({ ...event, data: '{"positionId":"\\ud800"}' });
  expect(() => decodeQueuedMessage(MessageBody, '1')).toThrow('positionId: expected well-formed text');
});

it('a message read from a room stream is a delivery request if one was sent', async () => {
  const { MessageBody } = await sentRequest();
  expect(decodeQueuedMessage(MessageBody, '7')).toMatchObject({ kind: 'deliver' });
});

it('a message read from a room stream has a number that compares as text, however many digits SQS gives it', async () => {
  const { MessageBody } = await sent();
  const numbers = ['9', '10', '18849496460467696128', String(2n ** 128n - 1n)];
  const decoded = numbers.map((number) => decodeQueuedMessage(MessageBody, number).sequenceNumber);
  expect([...decoded].sort()).toEqual(decoded);
  expect(new Set(decoded.map(({ length }) => length)).size).toBe(1);
});

it.each([
  '',
  'text',
  'null',
  '[]',
  '{}',
  '{"kind":"other"}',
  '{"event":{"type":"order_executed","roomId":"r","id":"i","publishedAt":1}}',
  '{"event":{"type":"order_executed","roomId":"r","id":"i","publishedAt":1},"data":null}',
  '{"event":{"type":"order_executed","roomId":"r","id":"i","publishedAt":1},"data":"text"}',
  '{"event":{"type":"order_exekuted","roomId":"r","id":"i","publishedAt":1},"data":{}}',
  '{"event":{"type":"order_executed","roomId":7,"id":"i","publishedAt":1},"data":{}}',
  '{"event":{"type":"order_executed","roomId":"r","id":"i"},"data":{}}',
])('a message read from a room stream is refused if it is %j', (body) => {
  expect(() => decodeQueuedMessage(body, '1')).toThrow();
});
