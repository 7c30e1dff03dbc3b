import { expect, it } from 'vitest';
import { MEMBER_RETRY_BUDGET_MS } from '../../../lib/core/broadcast/deliver-to-member.ts';
import { START } from '../../support/virtual-time.ts';
import { member, type RoomInPages, roomWith } from './room-in-pages.ts';

const frames = [1, 2, 3].map((seq) => JSON.stringify({ seq, prev: seq - 1 }));
const seqsOf = ({ gateway }: RoomInPages, connectionId: string) =>
  gateway.framesOf(connectionId).map((frame) => (frame as { seq?: number }).seq);

/** A client that reads nothing for so long, after its first so many frames; another member is served only behind that. */
function slowFor(milliseconds: number, room: RoomInPages, { after = 0 } = {}): void {
  const { gateway, time } = room;
  let posts = 0;
  gateway.script('post', 'slow', async () => {
    posts += 1;
    return posts > after && time.clock() < START + milliseconds ? 'throttled' : 'delivered';
  });
  gateway.script('post', 'late', async () => {
    await time.sleep(milliseconds);
    return 'delivered';
  });
}

const LONG = MEMBER_RETRY_BUDGET_MS + 1_000;

it('a frame that is refused with 429 is retried for three seconds, and the waits of its retries for their turn do not count', async () => {
  const others = Array.from({ length: 10 }, (_, index) => member(`other ${index}`));
  const room = roomWith({ frames, postsPerSecond: 2 }, [member('slow'), ...others]);
  room.gateway.script('post', 'slow', 'throttled', 'throttled', 'throttled', 'delivered');
  expect(await room.send()).toMatchObject({ delivered: 11, throttledOut: 0 });
  expect(seqsOf(room, 'slow')).toEqual([1, 2, 3]);
});

it('a member that is throttled out keeps its connection and its rows, is counted, and gets nothing behind the gap', async () => {
  const room = roomWith({ frames }, [member('slow'), member('other')]);
  room.gateway.script('post', 'slow', 'delivered', 'throttled');
  const result = await room.send();
  expect(result).toMatchObject({
    delivered: 1,
    throttledOut: 1,
    failed: 0,
    status: 'complete',
  });
  expect(seqsOf(room, 'slow')).toEqual([1]);
  expect(seqsOf(room, 'other')).toEqual([1, 2, 3]);
  expect([room.removed, room.errors, room.gateway.isClosed('slow')]).toEqual([[], [], false]);
});

it('a member that is throttled out is posted the last frame again after all others, so that `prev` shows the gap', async () => {
  const room = roomWith({ frames }, [member('slow'), member('late')]);
  slowFor(LONG, room, { after: 1 });
  expect(await room.send()).toMatchObject({ delivered: 1, throttledOut: 1 });
  expect(seqsOf(room, 'slow')).toEqual([1, 3]);
});

it('a member that is throttled out misses nothing if the last frame was the one that it had not got', async () => {
  const room = roomWith({ frames }, [member('slow'), member('late')]);
  slowFor(LONG, room, { after: 2 });
  expect(await room.send()).toMatchObject({ delivered: 2, throttledOut: 0 });
  expect(seqsOf(room, 'slow')).toEqual([1, 2, 3]);
});

it('a member that is throttled out and takes batches is posted their last frame again', async () => {
  const room = roomWith({ frames }, [member('slow', { batch: true }), member('late')]);
  slowFor(LONG, room);
  expect(await room.send()).toMatchObject({ delivered: 2, throttledOut: 0 });
  expect(room.gateway.framesOf('slow')).toEqual([
    { type: 'batch', data: { events: frames.map((text) => JSON.parse(text)) } },
  ]);
});

it.each([
  ['gone', { gone: 1, failed: 0 }],
  ['timed_out', { gone: 0, failed: 1 }],
] as const)(
  'a throttled-out member whose reminder is %s is treated like any other member with this outcome',
  async (outcome, figures) => {
    const room = roomWith({ frames }, [member('slow'), member('late')]);
    slowFor(LONG, room);
    const { time } = room;
    room.gateway.script('post', 'slow', async () => (time.clock() < START + LONG ? 'throttled' : outcome));
    expect(await room.send()).toMatchObject({ delivered: 1, throttledOut: 0, ...figures });
    expect(room.removed).toEqual(['slow']);
  },
);

it('a member that is throttled out and whose token expires before the reminder is closed instead', async () => {
  const room = roomWith({ frames }, [member('slow', { tokenExpiresAt: START + LONG - 1 }), member('late')]);
  slowFor(LONG, room);
  expect(await room.send()).toMatchObject({ delivered: 1, throttledOut: 0 });
  expect(seqsOf(room, 'slow')).toEqual([]);
});

it('a member is not taken for a slow reader if nobody gets a frame, because then the quota is used up', async () => {
  const room = roomWith({}, [member('one'), member('other')]);
  const { gateway, send } = room;
  for (const name of ['one', 'other']) gateway.script('post', name, 'throttled');
  expect(await send()).toMatchObject({ delivered: 0, throttledOut: 2 });
  gateway.calls.length = 0;
  gateway.script('post', 'one', 'throttled', 'throttled', 'throttled', 'delivered');
  gateway.script('post', 'other', 'delivered');
  // Neither is known as slow: each is tried until it takes the frame.
  expect(await send()).toMatchObject({ delivered: 2, throttledOut: 0 });
});

it('a slow reader holds up its room once, and is then tried twice at every event until it takes a frame', async () => {
  const room = roomWith({}, [member('slow'), member('other')]);
  const { gateway, time, send } = room;
  gateway.script('post', 'slow', 'throttled');
  const times: number[] = [];
  for (let delivery = 0; delivery < 3; delivery += 1) {
    const startedAt = time.clock();
    expect(await send()).toMatchObject({ delivered: 1, throttledOut: 1 });
    times.push(time.clock() - startedAt);
  }
  expect(times[0]).toBeGreaterThan(MEMBER_RETRY_BUDGET_MS / 2);
  expect(times.slice(1)).toEqual([0, 0]);
  gateway.calls.length = 0;
  await send();
  expect(gateway.calls.filter((call) => call === 'post slow')).toHaveLength(2);

  // It reads again: from now on it is waited for like any other.
  gateway.script('post', 'slow', 'delivered', 'throttled', 'delivered');
  expect(await send()).toMatchObject({ delivered: 2, throttledOut: 0 });
  expect(await send()).toMatchObject({ delivered: 2, throttledOut: 0, throttled: 1 });
});
