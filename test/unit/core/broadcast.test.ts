import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { BROADCAST_BUDGET_MS } from '../../../lib/core/broadcast/broadcast-slice.ts';
import { MEMBER_RETRY_BUDGET_MS } from '../../../lib/core/broadcast/deliver-to-member.ts';
import { NOTHING_DONE } from '../../../lib/core/broadcast-result.ts';
import { START } from '../../support/virtual-time.ts';
import { held } from './held-post.ts';
import { member, type Page, roomOf, roomWith } from './room-in-pages.ts';

/** All but how many posts there were, and when the last was answered. */
const done = { ...NOTHING_DONE, functions: 1, posts: expect.any(Number), lastDeliveryAt: expect.any(Number) };
const members = (count: number) => Array.from({ length: count }, (_, index) => member(`m${index}`));
/** Those behind the first thousand, in pages of a thousand. */
const pagesOf = (count: number): Page[] =>
  Array.from({ length: count / 1_000 }, (_, page) =>
    Array.from({ length: 1_000 }, (__, index) => member(`m${(page + 1) * 1_000 + index}`)),
  );

it('a broadcast reaches every member of every page', async () => {
  const { gateway, removed, send } = roomOf([member('a'), member('b')], [], [member('c')]);
  expect(await send()).toEqual({ ...done, delivered: 3, posts: 3 });
  expect(removed).toEqual([]);
  expect(gateway.frames.map(({ connectionId }) => connectionId)).toEqual(['a', 'b', 'c']);
  expect(gateway.framesOf('a')).toEqual([{ type: 'position_update', data: { text: 'é' } }]);
});

it('a broadcast to a room without members is complete, and has no last post', async () => {
  expect(await roomOf([]).send()).toEqual({ ...NOTHING_DONE, functions: 1 });
});

it('a broadcast reads only the next page while it posts to one', async () => {
  const room = roomOf(members(1_200), [member('b')], [member('c')]);
  const { post, end } = held();
  for (const { connectionId } of members(1_200)) room.gateway.script('post', connectionId, post);
  const sent = room.begin();
  await setImmediate();
  expect(room.pagesRead).toBe(2);
  end('delivered');
  expect(await room.time.run(sent)).toEqual({ ...done, delivered: 1_202 });
  expect(room.pagesRead).toBe(3);
});

it('a broadcast has at most 128 posts in flight, and the next member waits until one ends', async () => {
  const { gateway, begin } = roomOf(members(100), members(100));
  const posts = members(100).map(({ connectionId }) => {
    const { post, end } = held();
    gateway.script('post', connectionId, post);
    return end;
  });
  const sent = begin();
  await setImmediate();
  expect(gateway.calls).toHaveLength(128);
  posts[5]?.('delivered');
  await setImmediate();
  // Both members of that name had it.
  expect(gateway.calls).toHaveLength(130);
  for (const end of posts) end('delivered');
  expect(await sent).toEqual({ ...done, delivered: 200 });
});

it('a broadcast posts no faster than its limit, after a burst of half a second', async () => {
  const room = roomWith({ postsPerSecond: 100 }, members(250));
  const result = await room.send();
  expect(result).toEqual({ ...done, delivered: 250 });
  expect(result.lastDeliveryAt - START).toBeGreaterThanOrEqual(1_990);
  expect(result.lastDeliveryAt - START).toBeLessThanOrEqual(2_010);
});

it('a member that is throttled gets its frame by a retry, and each 429 is counted', async () => {
  const { gateway, send } = roomOf([member('a'), member('b')]);
  gateway.script('post', 'a', 'throttled', 'throttled', 'delivered');
  expect(await send()).toEqual({ ...done, delivered: 2, throttled: 2, posts: 4 });
  expect(gateway.framesOf('a')).toHaveLength(1);
});

it('a member that keeps answering 500 is disconnected and counted within three seconds', async () => {
  const { gateway, removed, time, send } = roomOf([member('a'), member('b')]);
  gateway.script('post', 'a', 'unavailable');
  expect(await send()).toEqual({ ...done, delivered: 1, failed: 1 });
  expect(gateway.framesOf('b')).toHaveLength(1);
  expect([removed, gateway.isClosed('a'), gateway.isClosed('b')]).toEqual([['a'], true, false]);
  expect(MEMBER_RETRY_BUDGET_MS).toBe(3_000);
  expect(time.clock() - START).toBeLessThan(MEMBER_RETRY_BUDGET_MS);
  expect(time.clock() - START).toBeGreaterThan(MEMBER_RETRY_BUDGET_MS / 2);
});

it('a member that is reached late has its retries, too, until the broadcast ends', async () => {
  const { gateway, time, send } = roomOf([member('a')], MEMBER_RETRY_BUDGET_MS, [member('b')]);
  gateway.script('post', 'b', 'unavailable', 'unavailable', 'delivered');
  expect(await send()).toEqual({ ...done, delivered: 2 });
  gateway.script('post', 'b', 'unavailable');
  const again = time.clock();
  expect(await send()).toEqual({ ...done, delivered: 1, failed: 1 });
  expect(time.clock() - again).toBeLessThan(BROADCAST_BUDGET_MS);
});

it.each(['timed_out', 'refused'] as const)(
  'a member whose post is %s is not posted to again, but disconnected',
  async (outcome) => {
    const { gateway, removed, send } = roomOf([member('a'), member('b')]);
    gateway.script('post', 'a', outcome);
    expect(await send()).toEqual({ ...done, delivered: 1, failed: 1 });
    expect(gateway.calls).toEqual(['post a', 'post b', 'close a']);
    expect(removed).toEqual(['a']);
  },
);

it('a member whose post hangs delays no other member, not even those of the next page', async () => {
  const { gateway, begin } = roomOf([member('a'), member('b')], [member('c')]);
  const { post, end } = held();
  gateway.script('post', 'a', post);
  const sent = begin();
  await setImmediate();
  expect(gateway.frames.map(({ connectionId }) => connectionId)).toEqual(['b', 'c']);
  end('timed_out');
  expect(await sent).toEqual({ ...done, delivered: 2, failed: 1 });
});

it('three hundred members whose posts hang one after the other delay the next one by at most half a second', async () => {
  const { gateway, time, send } = roomOf(members(300), [member('next')]);
  let nextAt = Number.NaN;
  for (const { connectionId } of members(300)) {
    gateway.script('post', connectionId, async () => {
      await time.sleep(2_000);
      return 'timed_out';
    });
  }
  gateway.script('post', 'next', async () => {
    nextAt = time.clock() - START;
    return 'delivered';
  });
  expect(await send()).toEqual({ ...done, delivered: 1, failed: 300 });
  expect(nextAt).toBeLessThanOrEqual(500);
});

it.each([0.01, 0.1])(
  'a share of %d of slow readers, which always answer 429, does not delay the others for long',
  async (share) => {
    const room = roomWith({ postsPerSecond: 9_000, membersPerSlice: 1e9 }, members(1_000), ...pagesOf(4_000));
    const { time, gateway } = room;
    const slow = Math.round(1 / share);
    let healthyAt = 0;
    for (const [index, { connectionId }] of members(5_000).entries()) {
      gateway.script('post', connectionId, async () => {
        await time.sleep(15);
        if (index % slow === 0) return 'throttled';
        healthyAt = time.clock() - START;
        return 'delivered';
      });
    }
    const { delivered, failed, throttledOut } = await room.send();
    expect({ delivered, failed, throttledOut }).toEqual({
      delivered: 5_000 - 5_000 / slow,
      failed: 0,
      throttledOut: 5_000 / slow,
    });
    // It takes 0.6 s when nobody is slow.
    expect(healthyAt).toBeLessThan(2_000);
  },
);

it('members that wait for a retry delay no other member', async () => {
  const { gateway, time, send } = roomOf(members(300), [member('next')]);
  let nextAt = Number.NaN;
  for (const { connectionId } of members(300)) gateway.script('post', connectionId, 'unavailable');
  gateway.script('post', 'next', async () => {
    nextAt = time.clock() - START;
    return 'delivered';
  });
  expect(await send()).toEqual({ ...done, delivered: 1, failed: 300 });
  expect(nextAt).toBe(0);
});

it('a member whose post throws is counted and reported', async () => {
  const { gateway, errors, send } = roomOf([member('a'), member('b')]);
  gateway.script('post', 'a', () => Promise.reject(new Error('no outcome')));
  expect(await send()).toEqual({ ...done, delivered: 1, failed: 1 });
  expect(errors).toEqual(['member_delivery_failed']);
});

it('a member that is gone and whose rows cannot be deleted counts as gone, and the failure is logged', async () => {
  const { gateway, errors, send } = roomWith({ keepsRows: Number.POSITIVE_INFINITY }, [
    member('a'),
    member('b'),
  ]);
  gateway.script('post', 'a', 'gone');
  expect(await send()).toEqual({ ...done, delivered: 1, gone: 1 });
  expect(errors).toEqual(['member_not_removed']);
});

it('a failed member that cannot be disconnected makes the delivery be retried, because it would get frames with a gap', async () => {
  const { gateway, errors, send } = roomWith({ keepsRows: Number.POSITIVE_INFINITY }, [
    member('a'),
    member('b'),
  ]);
  gateway.script('post', 'a', 'refused');
  const result = await send();
  expect(result).toEqual({ ...done, delivered: 1, failed: 1, status: 'retry' });
  expect(errors).toEqual(['member_not_disconnected']);
});

it('a failed member is disconnected even if its rows cannot be deleted at first', async () => {
  const { gateway, removed, errors, send } = roomWith({ keepsRows: 3 }, [member('a'), member('b')]);
  gateway.script('post', 'a', 'refused');
  expect(await send()).toEqual({ ...done, delivered: 1, failed: 1 });
  expect([removed, errors]).toEqual([['a'], []]);
});

it('a failed member gets no more events even if API Gateway does not close it', async () => {
  const { gateway, removed, errors, send } = roomOf([member('a'), member('b')]);
  gateway.script('post', 'a', 'timed_out');
  gateway.script('close', 'a', 'unavailable');
  expect(await send()).toEqual({ ...done, delivered: 1, failed: 1 });
  expect(removed).toEqual(['a']);
  expect(errors).toEqual([]);
});

it('a broadcast that cannot read its first page throws, because no member was sent anything', async () => {
  const { gateway, errors, send } = roomOf(new Error('page 1'));
  await expect(send()).rejects.toThrow(new Error('page 1'));
  expect(gateway.calls).toEqual([]);
  expect(errors).toEqual([]);
});

it('a broadcast that cannot read a page after empty pages throws', async () => {
  const { gateway, send } = roomOf([], [], new Error('page 3'));
  await expect(send()).rejects.toThrow(new Error('page 3'));
  expect(gateway.calls).toEqual([]);
});

it('a broadcast that cannot read a page after its first post has the status retry instead of throwing', async () => {
  const { gateway, errors, send } = roomOf([member('a')], new Error('page 2'), [member('b')]);
  expect(await send()).toEqual({ ...done, delivered: 1, status: 'retry' });
  expect(gateway.calls).toEqual(['post a']);
  expect(errors).toEqual(['delivery_cut_short']);
});

it('a broadcast that cannot read a page for a while tries again, and reaches all members', async () => {
  let tries = 0;
  const slow = () => {
    tries += 1;
    if (tries < 5) throw new Error('throttled');
    return [member('b')];
  };
  const { errors, send } = roomOf([member('a')], slow, [member('c')]);
  expect(await send()).toEqual({ ...done, delivered: 3 });
  expect(errors).toEqual([]);
});

it('a broadcast that cannot read a page while its first post is in flight waits for that post and does not throw', async () => {
  const { gateway, time, begin } = roomOf([member('a')], new Error('page 2'));
  const { post, end } = held();
  gateway.script('post', 'a', post);
  const sent = begin();
  await setImmediate();
  end('delivered');
  expect(await time.run(sent)).toEqual({ ...done, delivered: 1, status: 'retry' });
});

it('a broadcast whose time is up because pages take too long reports out_of_time and is not retried', async () => {
  const { gateway, errors, send } = roomOf([member('a')], BROADCAST_BUDGET_MS, [member('b'), member('c')]);
  expect(await send()).toEqual({ ...done, delivered: 1, status: 'out_of_time' });
  expect(gateway.calls).toEqual(['post a']);
  expect(errors).toEqual(['delivery_cut_short']);
});

it('a broadcast whose rate is too low leaves out the later members when its time is up', async () => {
  const room = roomWith({ postsPerSecond: 10 }, members(2_000));
  const result = await room.send();
  // A burst of five, ten a second for twenty seconds.
  expect(result.delivered).toBeGreaterThanOrEqual(200);
  expect(result.delivered).toBeLessThanOrEqual(206);
  expect(result).toMatchObject({ late: 1, failed: 0, status: 'out_of_time' });
  expect(room.time.clock() - START).toBeGreaterThanOrEqual(BROADCAST_BUDGET_MS);
});

it.each<[string, Page]>([
  ['a member', [member('a')]],
  ['an empty page', []],
])(
  'a broadcast whose time is up before the first post, at %s, throws, so that it is retried',
  async (_, page) => {
    const { gateway, errors, send } = roomOf([], BROADCAST_BUDGET_MS, page);
    await expect(send()).rejects.toMatchObject({
      message: expect.stringContaining('before its time was up'),
    });
    expect(gateway.calls).toEqual([]);
    expect(errors).toEqual([]);
  },
);

it('a broadcast with one millisecond left still posts', async () => {
  const { send } = roomOf([member('a')], BROADCAST_BUDGET_MS - 1, [member('b')]);
  expect(await send()).toEqual({ ...done, delivered: 2 });
});
