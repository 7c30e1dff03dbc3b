import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, it } from 'vitest';
import type { LoggedEvent } from '../../../lib/core/room-log.ts';
import { deadLetterOfRoom, deadLetterQueue } from '../../../lib/queue/queues.ts';

const MIB = 1024 * 1024;
const client = new SQSClient();
const sqs = mockClient(client);
beforeEach(() => {
  sqs.reset();
  sqs.on(SendMessageCommand).resolves({});
});

async function bodyOf(event: object): Promise<string> {
  await deadLetterQueue(client, 'http://queue.test/dead-letters')(event, 'code', 'message');
  const [call] = sqs.commandCalls(SendMessageCommand);
  return call?.args[0].input.MessageBody ?? '';
}

it('the body of a dead letter is the event', async () => {
  const event = { id: 'e', detail: { text: 'é \u{1F600} \n', list: [null, 1] } };
  expect(JSON.parse(await bodyOf(event))).toEqual(event);
});

it.each([
  ['an event larger than SQS takes', { text: 'x'.repeat(MIB) }],
  ['one that is larger only in bytes', { text: 'é'.repeat(MIB / 2) }],
  ['one that escapes make larger', { text: '\n'.repeat(MIB / 2) }],
])('the body of a dead letter leaves out the detail of %s and says so', async (_, detail) => {
  const body = await bodyOf({ id: 'e', 'detail-type': 'x', detail });
  expect(JSON.parse(body)).toEqual({
    id: 'e',
    'detail-type': 'x',
    detail: null,
    detailOmitted: 'too large or too deep for the queue',
  });
});

it('the body of a dead letter leaves out a detail that is nested too deeply to be written', async () => {
  let detail: object = {};
  for (let level = 0; level < 100_000; level += 1) detail = { detail };
  expect(JSON.parse(await bodyOf({ id: 'e', detail }))).toMatchObject({ id: 'e', detail: null });
});

it('the body of a dead letter holds no character that SQS refuses, and reads back as it was', async () => {
  // SQS takes #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.
  const text = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).join('');
  const body = await bodyOf({ detail: text });
  expect(body).not.toMatch(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u);
  expect(JSON.parse(body).detail).toBe(text);
});

async function letterOf(event: LoggedEvent | undefined, error: unknown) {
  const deadLetter = deadLetterOfRoom(deadLetterQueue(client, 'http://queue.test/dead-letters'));
  await deadLetter({ roomId: 'r', epoch: 'E', seq: 7, event }, error);
  const [call] = sqs.commandCalls(SendMessageCommand);
  const { MessageBody = '', MessageAttributes = {} } = call?.args[0].input ?? {};
  return {
    body: JSON.parse(MessageBody),
    code: MessageAttributes['ERROR_CODE']?.StringValue,
    reason: MessageAttributes['ERROR_MESSAGE']?.StringValue,
  };
}
const event: LoggedEvent = {
  seq: 7,
  sequenceNumber: '9',
  type: 'order_executed',
  id: 'own',
  publishedAt: 5,
  data: '{"orderId":1}',
  ttl: 9e9,
};

it('the dead letter of an event that cannot be sent to its room has the form of the bus, the number in the room and the kind of the failure', async () => {
  const error = Object.assign(new Error('quotes {"orderId":1}'), { name: 'ValidationException' });
  expect(await letterOf(event, error)).toEqual({
    body: {
      id: 'own',
      'detail-type': 'order_executed',
      detail: { roomId: 'r', id: 'own', publishedAt: 5, data: { orderId: 1 } },
      roomId: 'r',
      epoch: 'E',
      seq: 7,
    },
    code: 'undeliverable',
    reason: 'the event cannot be sent to its room: ValidationException',
  });
});

it('the dead letter of an event that cannot be sent has only the number in the room if the log cannot be read, even if the failure is no Error', async () => {
  expect(await letterOf(undefined, 'only a text')).toEqual({
    body: { roomId: 'r', epoch: 'E', seq: 7 },
    code: 'undeliverable',
    reason: 'the event cannot be sent to its room: unknown error',
  });
});
