import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventBridge } from '../../../lib/local/event-bridge/event-bridge.ts';
import { manualTime } from '../../support/manual-time.ts';
import { serveAwsJson, type TestServer } from '../../support/serve-aws-json.ts';

const NOW = Date.UTC(2026, 1, 3, 4, 5, 6, 789);
const good = { EventBusName: 'orders-bus', Source: 'shop', DetailType: 'placed', Detail: '{"total":12}' };

/** A JSON text of that many objects in one another. */
const nested = (levels: number) => `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`;

let server: TestServer;
let client: EventBridgeClient;
let invoked: { functionName: string; event: unknown }[];
let printed: string[];

const options = {
  region: 'eu-west-1',
  time: manualTime(NOW),
  newId: () => 'id-of-the-event',
  print: (line: string) => printed.push(line),
  invokeAsynchronously: (functionName: string, payload: string) =>
    invoked.push({ functionName, event: JSON.parse(payload) }),
};
const service = eventBridge({
  ...options,
  bus: {
    name: 'orders-bus',
    rules: [
      { name: 'all', pattern: { source: ['shop'] }, function: 'audit' },
      { name: 'large', pattern: { detail: { total: [{ numeric: ['>', 10] }] } }, function: 'greet' },
    ],
  },
});

const put = (...entries: PutEventsRequestEntry[]) => client.send(new PutEventsCommand({ Entries: entries }));

beforeEach(async () => {
  invoked = [];
  printed = [];
  server = await serveAwsJson(() => service);
  client = new EventBridgeClient({ endpoint: server.url, maxAttempts: 1 });
});
afterEach(async () => {
  client.destroy();
  await server.close();
});

test('EventBridge invokes the function of every rule that matches, with the event envelope', async () => {
  expect(await put({ ...good, Resources: ['arn:x'] })).toMatchObject({
    FailedEntryCount: 0,
    Entries: [{ EventId: 'id-of-the-event' }],
  });
  const event = {
    version: '0',
    id: 'id-of-the-event',
    'detail-type': 'placed',
    source: 'shop',
    account: '000000000000',
    time: '2026-02-03T04:05:06Z',
    region: 'eu-west-1',
    resources: ['arn:x'],
    detail: { total: 12 },
  };
  expect(invoked).toEqual([
    { functionName: 'audit', event },
    { functionName: 'greet', event },
  ]);
});

test('EventBridge invokes nothing for an event that no rule matches', async () => {
  await put({ ...good, Source: 'elsewhere', Detail: '{}' });
  expect(invoked).toEqual([]);
});

test('EventBridge never invokes a function before PutEvents has returned', async () => {
  service.operations['PutEvents']?.({ Entries: [good] });
  await Promise.resolve();
  expect(invoked).toEqual([]);
  await new Promise(setImmediate);
  expect(invoked).toHaveLength(2);
});

test('EventBridge takes the time of an event from its publisher', async () => {
  await put({ ...good, Time: new Date('2020-05-06T07:08:09.999Z') });
  expect(invoked[0]?.event).toMatchObject({ time: '2020-05-06T07:08:09Z' });
});

test('EventBridge takes the ARN of a bus for its name', async () => {
  await put({ ...good, EventBusName: 'arn:aws:events:eu-west-1:000000000000:event-bus/orders-bus' });
  expect(invoked).toHaveLength(2);
});

test.each<[string, PutEventsRequestEntry, string, string]>([
  ['no Source', { ...good, Source: undefined }, 'InvalidArgument', 'Source is a required argument'],
  ['no DetailType', { ...good, DetailType: '' }, 'InvalidArgument', 'DetailType is a required argument'],
  ['no Detail', { ...good, Detail: undefined }, 'InvalidArgument', 'Detail is a required argument'],
  // The limit is AWS's, the error not confirmed.
  ['a DetailType of 129', { ...good, DetailType: 'x'.repeat(129) }, 'InvalidArgument', '128 characters'],
  ['Detail that is not JSON', { ...good, Detail: '{' }, 'MalformedDetail', 'Detail is malformed.'],
  ['Detail that is no object', { ...good, Detail: '[1]' }, 'MalformedDetail', 'Detail is malformed.'],
  ['Detail of 1,001 levels', { ...good, Detail: nested(1_001) }, 'MalformedDetail', 'Detail is malformed.'],
  ['Detail of 100,000 levels', { ...good, Detail: nested(100_000) }, 'MalformedDetail', 'malformed'],
  ['an aws. source', { ...good, Source: 'aws.s3' }, 'NotAuthorizedForSourceException', 'Not authorized'],
  [
    'an unknown bus',
    { ...good, EventBusName: 'x' },
    'ResourceNotFoundException',
    'Event bus x does not exist.',
  ],
])(
  'EventBridge answers an entry with %s by an error, and publishes the others',
  async (_name, bad, code, message) => {
    const { FailedEntryCount, Entries } = await put(bad, good);
    expect(FailedEntryCount).toBe(1);
    expect(Entries?.[0]?.ErrorCode).toBe(code);
    expect(Entries?.[0]?.ErrorMessage).toContain(message);
    expect(Entries?.[1]).toEqual({ EventId: 'id-of-the-event' });
    expect(invoked).toHaveLength(2);
  },
);

test('EventBridge takes a Detail of 1,000 levels, however many brackets are in its texts', async () => {
  const Detail = `{"text":"\\"${'[{'.repeat(2_000)}","inner":${nested(999)}}`;
  expect(await put({ ...good, Detail })).toMatchObject({ FailedEntryCount: 0 });
  expect(invoked).toHaveLength(1);
});

test('EventBridge answers an entry that it fails on by InternalFailure, with every entry checked before one is published', async () => {
  let ids = 0;
  const failing = eventBridge({
    ...options,
    bus: { name: 'orders-bus', rules: [{ name: 'all', pattern: { source: ['shop'] }, function: 'audit' }] },
    newId: () => {
      ids += 1;
      if (ids === 2) throw new Error('no more ids');
      return `id-${ids}`;
    },
  });
  expect(failing.operations['PutEvents']?.({ Entries: [good, good, good] })).toEqual({
    FailedEntryCount: 1,
    Entries: [
      { EventId: 'id-1' },
      { ErrorCode: 'InternalFailure', ErrorMessage: expect.any(String) },
      { EventId: 'id-3' },
    ],
  });
  await new Promise(setImmediate);
  expect(invoked).toHaveLength(2);
  expect(printed[0]).toContain('no more ids');
});

test.each([
  ['null', null],
  ['a text', 'x'],
  ['Resources of another type', { ...good, Resources: [[]] }],
])(
  'EventBridge refuses a request with an entry that is %s, and publishes nothing of it',
  async (_, entry) => {
    expect(() => service.operations['PutEvents']?.({ Entries: [good, entry] })).toThrow(
      expect.objectContaining({ code: 'SerializationException' }),
    );
    await new Promise(setImmediate);
    expect(invoked).toEqual([]);
  },
);

test('EventBridge says in one line which events of a call matched no rule', async () => {
  const lost = { ...good, Source: 'shoop', Detail: '{}' };
  await put(lost, good, lost, { ...lost, DetailType: 'paid' });
  expect(printed).toEqual([
    'events: "placed" from "shoop", "paid" from "shoop" on the bus "orders-bus" matched no rule',
  ]);
});

test('EventBridge accepts an event for the default bus and prints that it has no rule', async () => {
  expect(await put({ ...good, EventBusName: undefined })).toMatchObject({ FailedEntryCount: 0 });
  expect(invoked).toEqual([]);
  expect(printed).toEqual([expect.stringContaining('"default"')]);
});

test('EventBridge refuses more than ten entries, and none', async () => {
  const eleven = Array.from({ length: 11 }, () => good);
  await expect(put(...eleven)).rejects.toMatchObject({ name: 'ValidationException' });
  await expect(put()).rejects.toMatchObject({ name: 'ValidationException' });
  expect(invoked).toEqual([]);
});

// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html: "If you submit a request in
// which none of the entries have each of these properties, EventBridge fails the entire request." By which error it does
// not say.
test('EventBridge refuses a request in which no entry has all of Source, DetailType and Detail', async () => {
  await expect(put({ ...good, Source: undefined }, { ...good, Detail: '' })).rejects.toMatchObject({
    $metadata: { httpStatusCode: 400 },
  });
  expect(invoked).toEqual([]);
});

// "The total entry size must be less than 1MB" (PutEvents, https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html),
// counted as in https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html. That a MB is 1,048,576
// bytes follows from the 262,144 of the former limit of 256 KB.
test('EventBridge counts the size of a request in UTF-8 bytes, which must be less than 1 MiB', async () => {
  const ofSize = (bytes: number) => {
    const around = 14 + Buffer.byteLength(`shopplaced{"total":11,"text":"é"}`);
    const Detail = `{"total":11,"text":"é${'x'.repeat(bytes - around)}"}`;
    return { ...good, Detail, Time: new Date(NOW) };
  };
  expect(await put(ofSize(1024 * 1024 - 1))).toMatchObject({ FailedEntryCount: 0 });
  await expect(put(ofSize(1024 * 1024))).rejects.toMatchObject({
    name: 'ValidationException',
    message: 'Total size of the entries in the request is over the limit.',
  });
  await expect(put(ofSize(600_000), ofSize(600_000))).rejects.toMatchObject({
    name: 'ValidationException',
  });
});

test('EventBridge refuses a rule with an unknown operator when it is made', () => {
  const rules = [{ name: 'broken', pattern: { source: [{ starts: 'x' }] }, function: 'f' }];
  expect(() => eventBridge({ ...options, bus: { name: 'b', rules } })).toThrow('rule broken: Event pattern');
});
