import {
  EventBridgeClient,
  PutEventsCommand,
  type PutEventsCommandInput,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it, vi } from 'vitest';
import { createPublisher, type PublishFailure } from '../../../lib/publisher/publisher.ts';
import { manualTime } from '../../support/manual-time.ts';

type Answer = PutEventsResultEntry[] | Error | Promise<PutEventsResultEntry[]>;

const taken = { EventId: 'event' };
const refused = (ErrorCode: string) => ({ ErrorCode, ErrorMessage: `${ErrorCode}, said EventBridge` });
const order = (orderId: number, roomId = '42') => ({
  type: 'order_executed' as const,
  roomId,
  data: { orderId },
  id: `order-${orderId}`,
});

/** A publisher whose EventBridge gives these answers, and then takes everything. */
function publishing(answers: Answer[] = [], options: object = {}) {
  const client = new EventBridgeClient({ maxAttempts: 1 });
  const mock = mockClient(client);
  mock.on(PutEventsCommand).callsFake(async ({ Entries = [] }: PutEventsCommandInput) => {
    const answer = answers.shift() ?? Entries.map(() => taken);
    if (answer instanceof Error) throw answer;
    return { Entries: await answer };
  });
  const time = manualTime();
  const failures: PublishFailure[] = [];
  const publisher = createPublisher({
    bus: 'trade-room-test',
    source: 'trade-room.orders',
    client,
    time,
    random: () => 1,
    onFailure: (failure) => failures.push(failure),
    ...options,
  });
  /** The ids of the events of each call. */
  const calls = () =>
    mock
      .commandCalls(PutEventsCommand)
      .map(({ args: [{ input }] }) => input.Entries?.map(({ Detail = '' }) => JSON.parse(Detail).id));
  return { publisher, time, calls, mock, failures };
}

function httpError(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(`${name}, said EventBridge`), { name, $metadata: { httpStatusCode } });
}

describe('a publisher', () => {
  it('puts an event on its bus, with its source', async () => {
    const { publisher, mock } = publishing();
    expect(await publisher.publish([order(1)])).toEqual({ published: 1, superseded: 0, failed: [] });
    const [call] = mock.commandCalls(PutEventsCommand);
    expect(call?.args[0].input).toEqual({
      Entries: [
        {
          EventBusName: 'trade-room-test',
          Source: 'trade-room.orders',
          DetailType: 'order_executed',
          Detail: expect.stringMatching(
            /^\{"roomId":"42","data":\{"orderId":1\},"id":"order-1","publishedAt":\d+\}$/,
          ),
        },
      ],
    });
  });

  it('puts at most ten events and a megabyte in a call, in order', async () => {
    const { publisher, calls } = publishing();
    const note = 'ä'.repeat(55_000);
    const large = Array.from({ length: 12 }, (_, index) => ({ ...order(index), data: { note } }));
    await publisher.publish(large);
    expect(calls().map((ids) => ids?.length)).toEqual([9, 3]);
    expect(calls().flat()).toEqual(large.map(({ id }) => id));
  });

  it('puts what is published at once together', async () => {
    const { publisher, calls } = publishing();
    await Promise.all([1, 2, 3].map((orderId) => publisher.orderExecuted(42, { orderId })));
    expect(calls()).toHaveLength(1);
  });

  it('puts events of other rooms while one call is under way, and none of its own', async () => {
    let answer: (results: PutEventsResultEntry[]) => void = () => undefined;
    const slow = new Promise<PutEventsResultEntry[]>((resolve) => {
      answer = resolve;
    });
    const { publisher, calls } = publishing([slow]);
    const first = publisher.publish([order(1, 'a')]);
    await Promise.resolve();
    const rest = publisher.publish([order(2, 'a'), order(3, 'b')]);
    await expect.poll(calls).toEqual([['order-1'], ['order-3']]);
    answer([taken]);
    await Promise.all([first, rest]);
    expect(calls()).toEqual([['order-1'], ['order-3'], ['order-2']]);
  });

  it.each([
    [{ bus: '' }, /^bus: expected/],
    [{ source: 'orders' }, /^source: expected trade-room or trade-room\.<service>, got "orders"/],
  ])('says what is wrong with its options: %o', (wrong, sentence) => {
    expect(() => publishing([], wrong)).toThrow(sentence);
  });
});

describe('an event that its receiver would refuse', () => {
  it('is thrown back at once, and nothing of its call is sent', async () => {
    const { publisher, calls } = publishing();
    const bad = { ...order(2), data: { price: {} } } as never;
    expect(() => publisher.publish([order(1), bad])).toThrow(
      expect.objectContaining({
        code: 'invalid_event',
        message: 'events[1], order_executed: detail.data.price: must be a number or a decimal string',
      }),
    );
    expect(() => publisher.orderExecuted(42, { note: 'x'.repeat(140_000) } as never)).toThrow(
      expect.objectContaining({ code: 'too_large' }),
    );
    await publisher.flush();
    expect(calls()).toEqual([]);
  });
});

describe('when EventBridge takes only a part', () => {
  it('puts only the failed entries again, with the same ids', async () => {
    const { publisher, time, calls } = publishing([[taken, refused('ThrottlingException'), taken]]);
    const report = await time.run(publisher.publish([order(1, 'a'), order(2, 'b'), order(3, 'c')]));
    expect(report.published).toBe(3);
    expect(calls()).toEqual([['order-1', 'order-2', 'order-3'], ['order-2']]);
  });

  it('lets nothing of a room overtake its event that is tried again', async () => {
    const { publisher, time, calls } = publishing([[refused('InternalFailure')]]);
    const first = publisher.publish([order(1)]);
    await time.advance(0);
    const later = publisher.publish([order(2)]);
    await time.run(Promise.all([first, later]));
    expect(calls()).toEqual([['order-1'], ['order-1', 'order-2']]);
  });

  it('reports what it refuses for good, and why, and does not try again', async () => {
    const { publisher, calls, failures } = publishing([[taken, refused('NotAuthorizedForSourceException')]]);
    const failure = {
      type: 'order_executed',
      roomId: '42',
      id: 'order-2',
      code: 'NotAuthorizedForSourceException',
      message: 'NotAuthorizedForSourceException, said EventBridge',
    };
    expect(await publisher.publish([order(1), order(2)])).toEqual({
      published: 1,
      superseded: 0,
      failed: [{ index: 1, ...failure }],
    });
    expect(failures).toEqual([failure]);
    expect(calls()).toHaveLength(1);
  });
});

describe('when a call fails as a whole', () => {
  it.each([
    ['throttled', httpError('ThrottlingException', 400)],
    ['an error of EventBridge', httpError('InternalException', 500)],
    ['a broken network', Object.assign(new Error('ECONNRESET'), { name: 'Error' })],
  ])('tries again: %s', async (_, error) => {
    const { publisher, time, calls } = publishing([error, error]);
    expect((await time.run(publisher.publish([order(1)]))).published).toBe(1);
    expect(calls()).toHaveLength(3);
  });

  it.each([
    ['access denied', httpError('AccessDeniedException', 400)],
    ['no such bus', httpError('ResourceNotFoundException', 400)],
    ['no credentials', Object.assign(new Error('none'), { name: 'CredentialsProviderError' })],
  ])('does not try again: %s', async (_, error) => {
    const { publisher, time, calls } = publishing([error]);
    const report = await time.run(publisher.publish([order(1)]));
    expect(report.failed).toMatchObject([{ index: 0, id: 'order-1', code: error.name }]);
    expect(calls()).toHaveLength(1);
  });

  it('waits longer every time, and gives up after thirty seconds', async () => {
    const error = httpError('ThrottlingException', 400);
    const { publisher, time, calls } = publishing(Array.from({ length: 100 }, () => error));
    const began = time.now();
    const report = await time.run(publisher.publish([order(1)]));
    expect(report.failed).toMatchObject([{ code: 'ThrottlingException' }]);
    expect(time.now() - began).toBeGreaterThanOrEqual(30_000);
    expect(time.now() - began).toBeLessThan(36_000);
    expect(calls().length).toBeLessThan(15);
  });
});

describe('a service that ignores what becomes of its events', () => {
  it('is warned, and not ended by a rejection that nobody handles', async () => {
    const warnings: string[] = [];
    const emit = vi
      .spyOn(process, 'emitWarning')
      .mockImplementation((text) => void warnings.push(String(text)));
    const { publisher } = publishing([httpError('AccessDeniedException', 400)], { onFailure: undefined });
    void publisher.orderExecuted(42, { orderId: 1 });
    await publisher.flush();
    emit.mockRestore();
    expect(warnings).toEqual([
      expect.stringMatching(/^order_executed \S+ of room 42 was not published: AccessDeniedException, said/),
    ]);
  });

  it('is bounded: beyond ten thousand events that wait, more fail', async () => {
    const { publisher, time } = publishing([], { mostWaiting: 2 });
    const report = await time.run(publisher.publish([order(1), order(2), order(3)]));
    expect(report).toMatchObject({ published: 2, failed: [{ index: 2, code: 'too_many_waiting' }] });
  });
});

describe('at shutdown', () => {
  it('sends everything that was given, values that wait included, and then refuses more', async () => {
    const { publisher, time, calls } = publishing([], { roomEventsPerSecond: 10 });
    for (let positionId = 1; positionId <= 20; positionId += 1) {
      void publisher.positionUpdated(42, { positionId });
    }
    await time.run(publisher.close());
    expect(calls().flat()).toHaveLength(20);
    expect(() => publisher.orderExecuted(42, {})).toThrow(expect.objectContaining({ code: 'closed' }));
  });
});
