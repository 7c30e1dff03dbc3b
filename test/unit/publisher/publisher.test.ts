import type { PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import { expect, it, vi } from 'vitest';
import { httpError, order, publishing, taken } from './publishing.ts';

it('a publisher puts an event on its bus, with its source', async () => {
  const { publisher, requests } = publishing();
  expect(await publisher.publish([order(1)])).toEqual({ published: 1, superseded: 0, failed: [] });
  expect(requests).toEqual([
    {
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
    },
  ]);
});

it('a publisher puts at most ten events and a megabyte in a call, in order', async () => {
  const { publisher, calls } = publishing();
  const note = 'ä'.repeat(55_000);
  const large = Array.from({ length: 12 }, (_, index) => ({ ...order(index), data: { note } }));
  await publisher.publish(large);
  expect(calls().map((ids) => ids?.length)).toEqual([9, 3]);
  expect(calls().flat()).toEqual(large.map(({ id }) => id));
});

it('a publisher puts what is published at once together', async () => {
  const { publisher, calls } = publishing();
  await Promise.all([1, 2, 3].map((orderId) => publisher.orderExecuted(42, { orderId })));
  expect(calls()).toHaveLength(1);
});

it('a publisher puts events of other rooms while one call is under way, and none of its own', async () => {
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
  [
    { maxEventsPerSecondPerRoom: 0 },
    /^maxEventsPerSecondPerRoom: expected a number of at least 0.01, .+, got 0$/,
  ],
  [{ giveUpAfterMs: Number.NaN }, /^giveUpAfterMs: expected a number of at least 1, .+, got NaN$/],
  [{ source: Symbol('any') }, /^source: expected trade-room or trade-room/],
  [{ onFailure: null }, /^onFailure: expected a function, got null$/],
  [{ maxQueued: '100' }, /^maxQueued: expected a whole number from 1 to 100000, got "100"$/],
])('a publisher says what is wrong with its options: %o', (wrong, sentence) => {
  expect(() => publishing([], wrong)).toThrow(sentence);
});

it('an event that its receiver would refuse is thrown back at once, and nothing of its call is sent', async () => {
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

it.each([undefined, null, 'text', { type: Symbol('any') }, { type: 'order_executed' }])(
  'an event that is none is thrown back as a PublishError: %o',
  (event) => {
    const { publisher } = publishing();
    expect(() => publisher.publish([event as never])).toThrow(
      expect.objectContaining({ code: 'invalid_event', message: expect.stringMatching(/^events\[0\], /) }),
    );
  },
);

it('a service that ignores what becomes of its events gets a warning and is not ended by an unhandled rejection', async () => {
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

it('a service that ignores what becomes of its events is not stopped by an onFailure that throws', async () => {
  const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const onFailure = () => {
    throw new Error('of the service');
  };
  const { publisher } = publishing([httpError('AccessDeniedException', 400)], { onFailure });
  expect((await publisher.publish([order(1)])).failed).toHaveLength(1);
  expect((await publisher.publish([order(2)])).published).toBe(1);
  await publisher.close();
  expect(emit).toHaveBeenCalledExactlyOnceWith('onFailure: Error: of the service');
  emit.mockRestore();
});

it('a service that ignores what becomes of its events is not ended by an onFailure that throws what has no text', async () => {
  const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const onFailure = async () => {
    throw Object.create(null);
  };
  const { publisher } = publishing([httpError('AccessDeniedException', 400)], { onFailure });
  await publisher.publish([order(1)]);
  await expect.poll(() => emit.mock.calls).toEqual([['onFailure: an object']]);
  emit.mockRestore();
});

it('a service that ignores what becomes of its events loses nothing to a failure that its onFailure changes', async () => {
  const onFailure = (failure: { id: string }) => {
    failure.id = 'changed';
  };
  const { publisher } = publishing([httpError('AccessDeniedException', 400)], { onFailure });
  expect((await publisher.publish([order(1)])).failed).toMatchObject([{ id: 'order-1' }]);
});

it('a publisher that is full fails further events: beyond ten thousand events that wait', async () => {
  const { publisher, time } = publishing([], { maxQueued: 2 });
  const report = await time.run(publisher.publish([order(1), order(2), order(3)]));
  expect(report).toMatchObject({ published: 2, failed: [{ index: 2, code: 'queue_full' }] });
});

it('a publisher that is closed sends everything that was given, values that wait included, and then refuses more', async () => {
  const { publisher, time, calls } = publishing([], { maxEventsPerSecondPerRoom: 10 });
  for (let positionId = 1; positionId <= 20; positionId += 1) {
    void publisher.positionUpdated(42, { positionId });
  }
  await time.run(publisher.close());
  expect(calls().flat()).toHaveLength(20);
  expect(() => publisher.orderExecuted(42, {})).toThrow(expect.objectContaining({ code: 'closed' }));
});
