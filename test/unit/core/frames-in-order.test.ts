import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { BROADCAST_BUDGET_MS } from '../../../lib/core/broadcast/broadcast-slice.ts';
import { encodeFrames } from '../../../lib/core/broadcast/deliver-to-member.ts';
import { START } from '../../support/virtual-time.ts';
import { held } from './held-post.ts';
import { member, type RoomInPages, roomWith } from './room-in-pages.ts';

const frames = [1, 2, 3].map((seq) => JSON.stringify({ type: 'order_executed', data: {}, seq }));
const sentTo = ({ gateway }: RoomInPages, connectionId: string) =>
  gateway.framesOf(connectionId).map((frame) => (frame as { seq?: number }).seq);
const batch = { batch: true };

it('several frames reach every member in order', async () => {
  const room = roomWith({ frames }, [member('a'), member('b')], [member('c')]);
  expect(await room.send()).toMatchObject({ delivered: 3, posts: 9 });
  for (const id of ['a', 'b', 'c']) expect(sentTo(room, id)).toEqual([1, 2, 3]);
});

it('a frame is posted after the previous one was delivered, while other members do not wait', async () => {
  const room = roomWith({ frames }, [member('a'), member('b')]);
  const first = held();
  room.gateway.script('post', 'a', first.post, 'delivered');
  const sent = room.begin();
  await setImmediate();
  expect(room.gateway.calls.filter((call) => call === 'post a')).toHaveLength(1);
  expect(sentTo(room, 'b')).toEqual([1, 2, 3]);
  first.end('delivered');
  await sent;
  expect(sentTo(room, 'a')).toEqual([1, 2, 3]);
});

it('later frames wait for a frame that is retried', async () => {
  const room = roomWith({ frames }, [member('a')]);
  room.gateway.script('post', 'a', 'delivered', 'throttled', 'unavailable', 'delivered');
  expect(await room.send()).toMatchObject({ delivered: 1, throttled: 1, posts: 5 });
  expect(sentTo(room, 'a')).toEqual([1, 2, 3]);
});

it.each(['timed_out', 'refused', 'unavailable'] as const)(
  'frames after one that is %s to the end are not sent, and the member is closed and counted once',
  async (outcome) => {
    const room = roomWith({ frames }, [member('a'), member('b')]);
    room.gateway.script('post', 'a', 'delivered', outcome);
    expect(await room.send()).toMatchObject({ delivered: 1, failed: 1, status: 'complete' });
    expect(sentTo(room, 'a')).toEqual([1]);
    expect([room.removed, room.gateway.isClosed('a')]).toEqual([['a'], true]);
  },
);

it('later frames are not sent to a member that is gone', async () => {
  const room = roomWith({ frames }, [member('a')]);
  room.gateway.script('post', 'a', 'delivered', 'gone');
  expect(await room.send()).toMatchObject({ delivered: 0, gone: 1 });
  expect(room.gateway.calls).toEqual(['post a', 'post a']);
});

it('several frames are one post to a member that takes batches', async () => {
  const room = roomWith({ frames }, [member('a', batch), member('b')]);
  expect(await room.send()).toMatchObject({ delivered: 2, posts: 4 });
  const events = frames.map((text) => JSON.parse(text));
  expect(room.gateway.framesOf('a')).toEqual([{ type: 'batch', data: { events } }]);
  expect(sentTo(room, 'b')).toEqual([1, 2, 3]);
});

it('a member with an unanswered post is disconnected when the time is up, because the post may arrive after the next frame', async () => {
  const room = roomWith({}, [member('a')]);
  room.gateway.script('post', 'a', async () => {
    await room.time.sleep(BROADCAST_BUDGET_MS);
    return 'timed_out';
  });
  const result = await room.send();
  expect(room.time.clock() - START).toBeLessThan(BROADCAST_BUDGET_MS + 5_000);
  expect(result.failed).toBe(1);
  expect([room.removed, result.status === 'retry']).not.toEqual([[], false]);
});

it('the bytes of a single frame are made once, also for members that take batches', () => {
  const { single, packed } = encodeFrames(['{"a":"é"}']);
  expect(single.map((bytes) => new TextDecoder().decode(bytes))).toEqual(['{"a":"é"}']);
  expect(packed).toBe(single);
});
