import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fifoQueue } from '../../../lib/local/sqs/fifo-queue.ts';
import type { ReceivedMessage, StoredMessage } from '../../../lib/local/sqs/message-queue.ts';
import { isLongForm } from '../../support/long-form.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';

const VISIBILITY_TIMEOUT_SECONDS = 30;

/** `which` is one of the receives that were made, counted from the last, wherever its message has got to. */
type Step =
  | { do: 'send'; group: string }
  | { do: 'receive'; most: number }
  | { do: 'delete'; which: number }
  | { do: 'fail'; which: number; seconds: number }
  | { do: 'wait'; seconds: number };

const is = <Name extends Step['do']>(name: Name) => fc.constant(name);
const group = fc.constantFrom('a', 'b', 'c');
const which = fc.nat({ max: 12 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: is('send'), group }),
  fc.record({ do: is('receive'), most: fc.integer({ min: 1, max: 10 }) }),
  fc.record({ do: is('delete'), which }),
  fc.record({ do: is('fail'), which, seconds: fc.constantFrom(0, 1, 10, 60) }),
  fc.record({ do: is('wait'), seconds: fc.constantFrom(1, 10, 40) }),
);

/** Whether it was done; false when it was refused for that reason. */
function isDone(work: () => void, refusal: RegExp): boolean {
  try {
    work();
    return true;
  } catch (error) {
    expect(String(error)).toMatch(refusal);
    return false;
  }
}

/** Bodies are `a1`, `a2`, … `b7`: the group, and a number that increases. */
const read = (body: string) => ({ group: body.charAt(0), number: Number(body.slice(1)) });

/** Knows of each message what became of it; throws at a receive that breaks the order. */
function orderWatch(time: ManualTime) {
  const sent: string[] = [];
  /** Deleted, or in the dead letters. */
  const gone = new Set<string>();
  const hiddenUntil = new Map<string, number>();
  const highest = new Map<string, number>();

  const left = (group: string) => sent.filter((body) => read(body).group === group && !gone.has(body));

  function check(batch: ReceivedMessage[]): void {
    for (const group of new Set(batch.map(({ body }) => read(body).group))) {
      const received = batch.map(({ body }) => body).filter((body) => read(body).group === group);
      // All that is left of the group up to the last one: nothing earlier, nothing out of order, nothing that is gone.
      expect(received).toEqual(left(group).slice(0, received.length));
      const inFlight = left(group).filter((body) => (hiddenUntil.get(body) ?? 0) > time.now());
      expect(inFlight).toEqual([]);
    }
    for (const { body, attributes } of batch) {
      hide(body, VISIBILITY_TIMEOUT_SECONDS);
      if (attributes['ApproximateReceiveCount'] !== '1') continue;
      const { group, number } = read(body);
      expect(number).toBeGreaterThan(highest.get(group) ?? 0);
      highest.set(group, number);
    }
  }

  function hide(body: string, seconds: number): void {
    hiddenUntil.set(body, time.now() + seconds * 1000);
  }

  return { sent, gone, check, hide };
}

function watchedQueue() {
  const time = manualTime();
  const watch = orderWatch(time);
  const receives: ReceivedMessage[] = [];
  let ids = 0;
  function deadLetter({ body }: StoredMessage): void {
    expect(watch.gone).not.toContain(body);
    watch.gone.add(body);
  }
  const queue = fifoQueue({
    fifo: { deduplicationScope: 'messageGroup', throughputLimit: 'perMessageGroupId' },
    delaySeconds: 0,
    visibilityTimeoutSeconds: VISIBILITY_TIMEOUT_SECONDS,
    redrive: { maxReceiveCount: 4, deadLetter },
    time,
    newId: () => `id-${++ids}`,
  });

  function send(group: string): void {
    const body = `${group}${watch.sent.length + 1}`;
    watch.sent.push(body);
    queue.send({ body, groupId: group, deduplicationId: body });
  }

  async function receive(most: number): Promise<ReceivedMessage[]> {
    const batch = await queue.receive({ most, waitSeconds: 0 });
    expect(batch.length).toBeLessThanOrEqual(most);
    watch.check(batch);
    receives.push(...batch);
    return batch;
  }

  function remove({ body, receiptHandle }: ReceivedMessage): void {
    if (isDone(() => queue.delete(receiptHandle), /expired/)) watch.gone.add(body);
  }

  function fail({ body, receiptHandle }: ReceivedMessage, seconds: number): void {
    const change = () => queue.changeVisibility(receiptHandle, seconds);
    if (isDone(change, /not in flight|does not exist/)) watch.hide(body, seconds);
  }

  async function run(step: Step): Promise<void> {
    if (step.do === 'send') return send(step.group);
    if (step.do === 'receive') return void (await receive(step.most));
    if (step.do === 'wait') return time.advance(step.seconds * 1000);
    const chosen = receives.at(-1 - step.which);
    if (chosen === undefined) return;
    if (step.do === 'delete') remove(chosen);
    else fail(chosen, step.seconds);
  }

  /** Everybody is in good health from now on. */
  async function drain(): Promise<void> {
    await time.advance(60_000);
    for (let batch = await receive(10); batch.length > 0; batch = await receive(10)) batch.forEach(remove);
  }

  return { run, drain, queue, watch, time };
}

test('the order of a FIFO queue is kept whatever is sent, received, deleted, failed and timed out, and nothing gets lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), async (steps) => {
      const { run, drain, queue, watch, time } = watchedQueue();
      for (const each of steps) await run(each);
      await drain();
      expect([...watch.gone].sort()).toEqual([...watch.sent].sort());
      expect(queue.count()).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
      expect(time.pending).toBe(0);
    }),
    { numRuns: isLongForm ? 300 : 100 },
  );
});
