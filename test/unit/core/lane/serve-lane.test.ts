import { describe, expect, it } from 'vitest';
import { type LaneMessage, serveLane } from '../../../../lib/core/stream/consume-room.ts';
import { START } from '../../../support/virtual-time.ts';
import { type LaneRoom, laneRoom } from './lane-room.ts';
import { flushMessage, inLane, position } from './room-events.ts';

const events = (from: number, count: number): LaneMessage[] =>
  Array.from({ length: count }, (_, index) => inLane(from + index));
const sentTo = (room: LaneRoom, connectionId = 'a') => room.chainOf(connectionId).map(([, seq]) => seq);

async function roomWithMember(differences: Parameters<typeof laneRoom>[0] = {}): Promise<LaneRoom> {
  const room = laneRoom({ flushIntervalMs: 200, ...differences });
  await room.join('a');
  return room;
}

describe('the lane of a quiet room', () => {
  it('sends its first event at once', async () => {
    const room = await roomWithMember();
    expect(await room.serve(events(1, 1))).toEqual([]);
    expect(sentTo(room)).toEqual([1]);
    expect(room.time.clock()).toBe(START);
  });

  it('sends an event at once when the interval is over', async () => {
    const room = await roomWithMember();
    await room.serve(events(1, 1));
    await room.time.advance(200);
    await room.serve(events(2, 1));
    expect(sentTo(room)).toEqual([1, 2]);
    expect(room.time.clock()).toBe(START + 200);
  });
});

describe('the lane of a busy room', () => {
  it('logs the next event at once, and sends it when the interval is over', async () => {
    const room = await roomWithMember();
    await room.serve(events(1, 1));
    await room.time.advance(50);
    const served = serveLane(room.deps, 'r', events(2, 1));
    await room.time.advance(149);
    expect(await room.head()).toMatchObject({ seq: 2, sent: 1 });
    expect(sentTo(room)).toEqual([1]);
    await room.time.advance(1);
    expect(await served).toEqual([]);
    expect(sentTo(room)).toEqual([1, 2]);
  });

  it('never waits for longer than the interval, though the clock that dated the last flush was ahead', async () => {
    const room = await roomWithMember();
    const ahead = { ...room.deps, clock: () => room.time.clock() + 60_000 };
    await room.time.run(serveLane(ahead, 'r', events(1, 1)));
    await room.serve(events(2, 1));
    expect(room.time.clock()).toBe(START + 200);
  });

  it('sends together what has come together', async () => {
    const room = await roomWithMember();
    await room.serve([inLane(1, position('p')), inLane(2), inLane(3, position('p'))]);
    expect(room.chainOf('a')).toEqual([
      [0, 2],
      [2, 3],
    ]);
  });

  /** A room that has just been sent its first event. */
  async function busyRoom(): Promise<LaneRoom> {
    const room = await roomWithMember();
    await room.serve(events(1, 1));
    return room;
  }

  it('only logs a full batch, and queues a flush behind what waits already', async () => {
    const room = await busyRoom();
    expect(await room.serve(events(2, 10))).toEqual([]);
    expect(await room.head()).toMatchObject({ seq: 11, sent: 1, flushed: 1 });
    expect(sentTo(room)).toEqual([1]);
    const { epoch } = await room.head();
    expect(room.queued).toEqual([{ roomId: 'r', epoch, flushed: 1 }]);
  });

  it('sends all that is logged when the flush comes, for which all full batches have asked alike', async () => {
    const room = await busyRoom();
    await room.serve(events(2, 10));
    await room.serve(events(12, 10));
    expect(new Set(room.queued.map(({ flushed }) => flushed))).toEqual(new Set([1]));
    expect(await room.serve([flushMessage(22)])).toEqual([]);
    expect(sentTo(room)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
  });

  it('sends a full batch at once when the room was quiet, or its flush was given up', async () => {
    const room = await roomWithMember();
    await room.serve(events(1, 10));
    expect(sentTo(room)).toHaveLength(10);
    await room.serve(events(11, 10));
    expect(sentTo(room)).toHaveLength(10);
    await room.time.advance(30_001);
    await room.serve(events(21, 10));
    expect(sentTo(room)).toHaveLength(30);
  });

  it('only logs full batches for six times as long as the last flush took', async () => {
    const room = await roomWithMember();
    const { readMembers } = room.deps.store;
    const store: typeof room.deps.store = {
      ...room.deps.store,
      async readMembers(...page) {
        await room.deps.sleep(1_000);
        return readMembers(...page);
      },
    };
    await room.time.run(serveLane({ ...room.deps, store }, 'r', events(1, 1)));
    await room.time.advance(5_999);
    await room.serve(events(2, 10));
    expect(sentTo(room)).toEqual([1]);
    await room.time.advance(1);
    await room.serve(events(12, 10));
    expect(sentTo(room)).toHaveLength(21);
    expect(room.queued).toHaveLength(1);
  });

  it('sends what a full batch has that holds a flush: that is behind the backlog', async () => {
    const room = await roomWithMember();
    await room.serve([...events(1, 9), flushMessage(10)]);
    expect(sentTo(room)).toHaveLength(9);
    expect(room.queued).toEqual([]);
  });

  it('sends with a batch that is not full what full ones have left', async () => {
    const room = await busyRoom();
    await room.serve(events(2, 10));
    await room.serve(events(12, 2));
    expect(sentTo(room)).toHaveLength(13);
    await room.serve([flushMessage(14)]);
    expect(sentTo(room)).toHaveLength(13);
  });

  it('queues a flush for what did not fit, each time at another position, until all is sent', async () => {
    const room = await roomWithMember({ postsPerSecond: 1, flushIntervalMs: 0 });
    await room.join('b');
    await room.serve(events(1, 5));
    let place = 6;
    for (let left = room.queued.length; left > 0 && place < 20; place += 1) {
      const asked = room.queued.length;
      await room.serve([flushMessage(place)]);
      left = room.queued.length - asked;
    }
    expect(room.queued).toMatchObject([{ flushed: 2 }, { flushed: 4 }]);
    expect(sentTo(room)).toEqual([1, 2, 3, 4, 5]);
    expect(sentTo(room, 'b')).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('messages that come again', () => {
  it('are not sent again when they have been sent', async () => {
    const room = await roomWithMember();
    await room.serve(events(1, 2));
    await room.time.advance(1_000);
    expect(await room.serve(events(1, 2))).toEqual([]);
    expect(sentTo(room)).toEqual([1, 2]);
    expect(room.reports).toHaveLength(1);
  });

  it('are sent, with those behind them, when they had only been logged', async () => {
    const room = await roomWithMember();
    const [first = inLane(1), second = inLane(2)] = events(1, 2);
    const failing = {
      ...room.deps,
      store: { ...room.deps.store, readMembers: () => Promise.reject('Query') },
    };
    expect(await serveLane(failing, 'r', [first, second])).toEqual([second]);
    expect(await room.serve([second, inLane(3)])).toEqual([]);
    expect(sentTo(room)).toEqual([1, 2, 3]);
  });
});

describe('a room that fails', () => {
  const failingAt = (room: LaneRoom, call: 'putEvent' | 'readHead' | 'readMembers') => ({
    ...room.deps,
    store: { ...room.deps.store, [call]: () => Promise.reject(new Error(call)) },
  });

  it.each(['putEvent', 'readHead'] as const)(
    'before its events are logged, at %s, has all messages come again',
    async (call) => {
      const room = await roomWithMember();
      const messages = [...events(1, 3), flushMessage(4)];
      expect(await serveLane(failingAt(room, call), 'r', messages)).toEqual(messages);
      expect(room.errors).toEqual(['events_not_logged']);
      expect(sentTo(room)).toEqual([]);
    },
  );

  it('when they are logged has only its last message come again', async () => {
    const room = await roomWithMember();
    const messages = events(1, 3);
    expect(await serveLane(failingAt(room, 'readMembers'), 'r', messages)).toEqual(messages.slice(-1));
    expect(room.errors).toEqual(['room_delivery_failed']);
    expect((await room.head()).seq).toBe(3);
  });

  it('when they are logged has its flush come again, with all that is behind it, which then sends', async () => {
    const room = await roomWithMember();
    const messages = [...events(1, 4), flushMessage(5), ...events(6, 2), flushMessage(8), ...events(9, 2)];
    const again = await serveLane(failingAt(room, 'readMembers'), 'r', messages);
    expect(again).toEqual(messages.slice(4));
    expect((await room.head()).seq).toBe(8);
    expect(await room.serve(again)).toEqual([]);
    expect(sentTo(room)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(room.queued).toEqual([]);
  });

  it('to queue a flush has its last message come again, which then sends', async () => {
    const room = await roomWithMember();
    await room.serve(events(1, 1));
    const queueFlush = () => Promise.reject(new Error('SQS'));
    const [last] = await serveLane({ ...room.deps, queueFlush }, 'r', events(2, 10));
    expect(last).toEqual(inLane(11));
    await room.serve([inLane(11)]);
    expect(sentTo(room)).toHaveLength(11);
  });
});

describe('no message at all', () => {
  it('is nothing to do in a room without a head', async () => {
    const room = await roomWithMember();
    expect(await room.serve([])).toEqual([]);
    expect(await room.deps.store.readHead('r')).toBeUndefined();
  });
});
