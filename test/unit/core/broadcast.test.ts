import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  BROADCAST_BUDGET_MS,
  BROADCAST_RETRY_BUDGET_MS,
  type BroadcastDeps,
  broadcast,
} from '../../../lib/core/broadcast.ts';
import type { Member, PostOutcome, Store } from '../../../lib/core/ports.ts';
import { type ScriptedGateway, scriptedGateway } from './scripted-gateway.ts';
import { type SkippingTime, START, skippingTime } from './skipping-time.ts';

const frame = new TextEncoder().encode('{"type":"position_update","data":{"text":"é"}}');
const nothing = { delivered: 0, gone: 0, expired: 0, failed: 0, throttled: 0, complete: true };

const member = (connectionId: string, tokenExpiresAt = START + 3_600_000): Member => ({
  connectionId,
  tokenExpiresAt,
  version: 3,
});

interface Scene {
  gateway: ScriptedGateway;
  time: SkippingTime;
  errors: string[];
  send(): ReturnType<typeof broadcast>;
}

type Page = readonly Member[] | Error | number;

/**
 * A room whose members come in these pages; an error is thrown where its page should be, and a number is how many
 * milliseconds the next page takes.
 */
function roomOf(...pages: Page[]): Scene {
  const gateway = scriptedGateway();
  const time = skippingTime();
  const errors: string[] = [];
  async function* members() {
    for (const page of pages) {
      if (page instanceof Error) throw page;
      if (typeof page === 'number') {
        await setImmediate();
        time.pass(page);
      } else {
        yield page;
      }
    }
  }
  const beyond = async () => {
    throw new Error('a broadcast to valid members reads and writes no row but theirs');
  };
  const store: Store = {
    createConnection: beyond,
    getConnection: beyond,
    setUser: beyond,
    setRoom: beyond,
    refuseRoom: beyond,
    forgetRooms: beyond,
    markClosing: beyond,
    deleteConnection: beyond,
    putMembership: beyond,
    deleteMembership: beyond,
    members,
  };
  const deps: BroadcastDeps = { ...time, store, gateway, onError: (message) => errors.push(message) };
  return { gateway, time, errors, send: () => broadcast(deps, 'r', frame) };
}

/** A post that ends when the test says so. */
function held(): { post: () => Promise<PostOutcome>; end(outcome: PostOutcome): void } {
  let end: (outcome: PostOutcome) => void = () => undefined;
  const ended = new Promise<PostOutcome>((resolve) => {
    end = resolve;
  });
  return { post: () => ended, end };
}

describe('a broadcast', () => {
  it('reaches every member of every page', async () => {
    const { gateway, send } = roomOf([member('a'), member('b')], [], [member('c')]);
    expect(await send()).toEqual({ ...nothing, delivered: 3 });
    expect(gateway.frames.map(({ connectionId }) => connectionId)).toEqual(['a', 'b', 'c']);
    expect(gateway.framesOf('a')).toEqual([{ type: 'position_update', data: { text: 'é' } }]);
  });

  it('to nobody is complete', async () => {
    expect(await roomOf([]).send()).toEqual(nothing);
  });

  it('has at most 64 posts under way, and the next member waits for a free slot', async () => {
    const members = Array.from({ length: 100 }, (_, index) => member(`m${index}`));
    const { gateway, send } = roomOf(members.slice(0, 50), members.slice(50));
    const posts = members.map(({ connectionId }) => {
      const { post, end } = held();
      gateway.script('post', connectionId, post);
      return end;
    });
    const sent = send();
    await setImmediate();
    expect(gateway.calls).toHaveLength(64);
    posts[5]?.('delivered');
    await setImmediate();
    expect(gateway.calls).toHaveLength(65);
    for (const end of posts) end('delivered');
    expect(await sent).toEqual({ ...nothing, delivered: 100 });
  });
});

describe('P5 one bad connection harms nobody', () => {
  it('one that is throttled is served by a retry, and each 429 is counted', async () => {
    const { gateway, send } = roomOf([member('a'), member('b')]);
    gateway.script('post', 'a', 'throttled', 'throttled', 'delivered');
    expect(await send()).toEqual({ ...nothing, delivered: 2, throttled: 2 });
    expect(gateway.framesOf('a')).toHaveLength(1);
  });

  it('one that keeps answering 500 is given up within the budget and counted', async () => {
    const { gateway, time, send } = roomOf([member('a'), member('b')]);
    gateway.script('post', 'a', 'unavailable');
    expect(await send()).toEqual({ ...nothing, delivered: 1, failed: 1 });
    expect(gateway.framesOf('b')).toHaveLength(1);
    expect(time.clock() - START).toBeLessThan(BROADCAST_RETRY_BUDGET_MS);
    expect(time.clock() - START).toBeGreaterThan(BROADCAST_RETRY_BUDGET_MS / 2);
  });

  it.each(['timed_out', 'refused'] as const)('one that is %s is not posted to again', async (outcome) => {
    const { gateway, send } = roomOf([member('a'), member('b')]);
    gateway.script('post', 'a', outcome);
    expect(await send()).toEqual({ ...nothing, delivered: 1, failed: 1 });
    expect(gateway.calls.filter((call) => call === 'post a')).toHaveLength(1);
  });

  it('one that hangs holds up nobody, not even those of the next page', async () => {
    const { gateway, send } = roomOf([member('a'), member('b')], [member('c')]);
    const { post, end } = held();
    gateway.script('post', 'a', post);
    const sent = send();
    await setImmediate();
    expect(gateway.frames.map(({ connectionId }) => connectionId)).toEqual(['b', 'c']);
    end('timed_out');
    expect(await sent).toEqual({ ...nothing, delivered: 2, failed: 1 });
  });

  it('one whose post throws is counted and reported', async () => {
    const { gateway, errors, send } = roomOf([member('a'), member('b')]);
    gateway.script('post', 'a', () => Promise.reject(new Error('no outcome')));
    expect(await send()).toEqual({ ...nothing, delivered: 1, failed: 1 });
    expect(errors).toEqual(['a member could not be served']);
  });

  it('one whose rows cannot be removed is counted and reported', async () => {
    const { gateway, errors, send } = roomOf([member('a'), member('b')]);
    gateway.script('post', 'a', 'gone');
    expect(await send()).toEqual({ ...nothing, delivered: 1, failed: 1 });
    expect(errors).toEqual(['a member could not be served']);
  });

  it('one whose token expires between two attempts gets nothing', async () => {
    const { gateway, send } = roomOf([member('a', START + 20), member('b')]);
    gateway.script('post', 'a', 'throttled', 'delivered');
    expect(await send()).toEqual({ ...nothing, delivered: 1, expired: 1, throttled: 1 });
    expect(gateway.framesOf('a')).toEqual([]);
    expect(gateway.calls).toEqual(['post a', 'post b']);
  });
});

describe('P4 a broadcast whose members cannot be read', () => {
  it('at first throws, so that it is tried again: nobody has been sent anything', async () => {
    const { gateway, errors, send } = roomOf(new Error('page 1'));
    await expect(send()).rejects.toThrow('page 1');
    expect(gateway.calls).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('behind pages without a member throws as well', async () => {
    const { gateway, send } = roomOf([], [], new Error('page 3'));
    await expect(send()).rejects.toThrow('page 3');
    expect(gateway.calls).toEqual([]);
  });

  it('after the first post does not throw: a repeat would send the event twice', async () => {
    const { gateway, errors, send } = roomOf([member('a')], new Error('page 2'), [member('b')]);
    expect(await send()).toEqual({ ...nothing, delivered: 1, complete: false });
    expect(gateway.calls).toEqual(['post a']);
    expect(errors).toEqual(['not every member was reached']);
  });

  it('while the first post is under way waits for it and does not throw', async () => {
    const { gateway, send } = roomOf([member('a')], new Error('page 2'));
    const { post, end } = held();
    gateway.script('post', 'a', post);
    const sent = send();
    await setImmediate();
    end('delivered');
    expect(await sent).toEqual({ ...nothing, delivered: 1, complete: false });
  });
});

describe('P4 a broadcast whose time is up', () => {
  it('because pages take too long posts to nobody any more, says so and does not throw', async () => {
    const { gateway, errors, send } = roomOf([member('a')], BROADCAST_BUDGET_MS, [member('b'), member('c')]);
    expect(await send()).toEqual({ ...nothing, delivered: 1, complete: false });
    expect(gateway.calls).toEqual(['post a']);
    expect(errors).toEqual(['not every member was reached']);
  });

  it('because posts hang leaves out the members after that', async () => {
    const members = Array.from({ length: 100 }, (_, index) => member(`m${index}`));
    const { gateway, time, send } = roomOf(members);
    for (const { connectionId } of members) {
      gateway.script('post', connectionId, async () => {
        time.pass(BROADCAST_BUDGET_MS / 40);
        return 'timed_out';
      });
    }
    expect(await send()).toEqual({ ...nothing, failed: 40, complete: false });
    expect(gateway.calls).toHaveLength(40);
  });

  it.each<[string, Page]>([
    ['a member', [member('a')]],
    ['an empty page', []],
  ])('before the first post, at %s, throws, so that it is tried again', async (_, page) => {
    const { gateway, errors, send } = roomOf(BROADCAST_BUDGET_MS, page);
    await expect(send()).rejects.toThrow('the time of this broadcast is up');
    expect(gateway.calls).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('only in the next millisecond still posts', async () => {
    const { send } = roomOf([member('a')], BROADCAST_BUDGET_MS - 1, [member('b')]);
    expect(await send()).toEqual({ ...nothing, delivered: 2 });
  });
});
