import { expect, it } from 'vitest';
import { encodeFrames } from '../../../lib/core/broadcast/deliver-to-member.ts';
import { slowReaders } from '../../../lib/core/broadcast/post-rate.ts';
import { postScheduler } from '../../../lib/core/broadcast/post-scheduler.ts';
import { memberDelivery } from '../../../lib/core/broadcast/post-to-members.ts';
import { NOTHING_DONE } from '../../../lib/core/broadcast-result.ts';
import type { Member } from '../../../lib/core/connection/membership.ts';
import type { Store } from '../../../lib/core/ports.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { START, virtualTime } from '../../support/virtual-time.ts';
import { frame, member } from './room-in-pages.ts';
import { scriptedGateway } from './scripted-gateway.ts';

const TIME = 20_000;
const members = (count: number, differences?: Partial<Member>) =>
  Array.from({ length: count }, (_, index) => member(`m${index}`, differences));

/** Members that are gone or expired, and how long each call to the store takes. */
function scene(storeTakesMs: number, { keepsRowsOf }: { keepsRowsOf?: string } = {}) {
  const time = virtualTime();
  const gateway = scriptedGateway();
  const removed: string[] = [];
  const until = START + TIME;
  const result = { ...NOTHING_DONE };
  const queue = postScheduler(time).open({ limits: { postsPerSecond: 1_000_000, burst: 1_000_000 }, until });
  const call = async () => {
    await time.sleep(storeTakesMs);
    return undefined;
  };
  const store: Partial<Store> = {
    markClosing: call,
    getConnection: call,
    async deleteConnection(connectionId) {
      if (connectionId === keepsRowsOf) throw new Error('the row stays');
      return call();
    },
    async deleteMembership(_, connectionId) {
      await call();
      removed.push(connectionId);
    },
  };
  const recorded = recordingLog();
  const deps = {
    ...time,
    roomId: 'r',
    until,
    gateway,
    store: store as Store,
    frames: encodeFrames([frame]),
    post: (connectionId: string, bytes: Uint8Array) => queue.run(() => gateway.post(connectionId, bytes)),
    slowReaders: slowReaders(),
    isDeliveringToOthers: () => true,
    log: recorded.log,
  };
  return { time, gateway, recorded, removed, result, serving: memberDelivery(deps, queue, result) };
}

it('deferred members are all cleaned up at the end', async () => {
  const { time, gateway, removed, result, serving } = scene(5);
  for (const { connectionId } of members(100)) gateway.drop(connectionId);
  await time.run(serving.start(members(100)));
  await time.run(serving.end());
  expect(result.gone).toBe(100);
  expect(new Set(removed).size).toBe(100);
});

it('members are never delayed by deferred members, however many these are', async () => {
  const { time, gateway, result, serving } = scene(200);
  const [gone, expired] = [members(5_000), members(5_000, { tokenExpiresAt: START })];
  for (const { connectionId } of gone) gateway.drop(connectionId);
  await time.run(serving.start([...gone, ...expired, member('healthy')]));
  await time.advance(0);
  expect(result.delivered).toBe(1);
  expect(time.clock()).toBe(START);
  await time.run(serving.end());
  expect(result).toMatchObject({ delivered: 1, gone: 5_000, expired: 5_000 });
});

it('a member is logged as disconnected when it is, and as not disconnected if its rows stay', async () => {
  const { time, gateway, recorded, result, serving } = scene(0, { keepsRowsOf: 'm1' });
  for (const { connectionId } of members(2)) gateway.script('post', connectionId, 'refused');
  await time.run(serving.start(members(2)));
  await time.run(serving.end());
  expect(result).toMatchObject({ failed: 2, status: 'retry' });
  const named = recorded.lines.map(({ name, fields }) => [name, fields['connectionId']]);
  expect(named).toEqual([
    ['member_disconnected', 'm0'],
    ['member_not_disconnected', 'm1'],
  ]);
});

it('at most twenty members of each kind are named in the log of a broadcast', async () => {
  const { time, gateway, recorded, result, serving } = scene(0);
  for (const { connectionId } of members(100)) gateway.drop(connectionId);
  await time.run(serving.start(members(100)));
  await time.run(serving.end());
  expect(result.gone).toBe(100);
  expect(recorded.lines).toHaveLength(20);
  expect(recorded.lines[0]).toEqual({
    level: 'info',
    name: 'member_gone',
    fields: { roomId: expect.any(String), connectionId: expect.any(String) },
  });
});

it('more than twenty thousand deferred members are left to the next broadcast, to bound the memory', async () => {
  const { time, gateway, removed, result, serving } = scene(0);
  for (const { connectionId } of members(20_100)) gateway.drop(connectionId);
  await time.run(serving.start(members(20_100)));
  await time.run(serving.end());
  expect(result.gone).toBe(20_100);
  expect(removed).toHaveLength(20_000);
});

it('deferred members are counted and left to the next broadcast when the time is up', async () => {
  const { time, gateway, removed, result, serving } = scene(1_000);
  const [gone, expired] = [members(1_000), members(1_000, { tokenExpiresAt: START })];
  for (const { connectionId } of gone) gateway.drop(connectionId);
  await time.run(serving.start([...gone, ...expired]));
  await time.run(serving.end());
  expect(result).toMatchObject({ gone: 1_000, expired: 1_000 });
  expect(removed.length).toBeLessThan(1_000);
  expect(time.clock() - START).toBeLessThan(TIME + 5_000);
});

it('a broadcast has begun to send when it closes a member, not before', async () => {
  const { time, serving } = scene(5);
  await time.run(serving.start(members(10, { tokenExpiresAt: START })));
  expect(serving.hasStarted).toBe(false);
  await time.run(serving.end());
  expect(serving.hasStarted).toBe(true);
});

it('retried members delay the others only if there are thousands of them, to bound the memory', async () => {
  const { time, gateway, serving } = scene(5);
  for (const { connectionId } of members(2_100)) gateway.script('post', connectionId, 'unavailable');
  const served = serving.start(members(2_100));
  await time.advance(1_000);
  expect(new Set(gateway.calls).size).toBe(2_048);
  await time.run(served);
  expect(new Set(gateway.calls).size).toBe(2_100);
});
