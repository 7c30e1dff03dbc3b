import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isLongForm } from '../../support/long-form.ts';
import { scriptedClient } from '../../support/scripted-client.ts';
import type { ScriptedSocket } from '../../support/scripted-web-socket.ts';
import { simulatedRoom } from '../../support/simulated-room.ts';

const RECONNECT_AFTER_MS = 60_000;

type Step =
  | { what: 'publish' }
  | { what: 'open' | 'serve' | 'deliver' | 'deliverTwice' | 'lose' | 'cut'; socket: 'older' | 'newer' }
  | { what: 'pass'; milliseconds: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Step>({ what: 'publish' }) },
  {
    weight: 12,
    arbitrary: fc.record({
      what: fc.constantFrom(
        'open',
        'serve',
        'serve',
        'deliver',
        'deliver',
        'deliver',
        'deliverTwice',
        'lose',
      ),
      socket: fc.constantFrom('older', 'newer'),
    }) as fc.Arbitrary<Step>,
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('cut'),
      socket: fc.constantFrom('older', 'newer'),
    }) as fc.Arbitrary<Step>,
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('pass' as const),
      milliseconds: fc.constantFrom(0, 300, 1_000, 9_000, RECONNECT_AFTER_MS),
    }),
  },
);

async function play(steps: Step[]): Promise<{ told: number[]; log: number[] }> {
  const scripted = scriptedClient({ reconnectAfterMs: RECONNECT_AFTER_MS, random: () => 0.5 });
  const { client, time, sockets, settle } = scripted;
  const told: number[] = [];
  const opened = new Set<ScriptedSocket>();
  const cut = new Set<ScriptedSocket>();
  const isConnected = (socket: ScriptedSocket) => opened.has(socket) && !cut.has(socket) && !socket.isClosed;
  const room = simulatedRoom(isConnected);
  client.room(42).on('order_executed', ({ orderId }) => told.push(Number(orderId)));

  const open = (socket: ScriptedSocket) => {
    if (opened.has(socket) || cut.has(socket) || socket.isClosed) return;
    opened.add(socket);
    socket.open();
  };
  const take = async (taken: Step) => {
    if (taken.what === 'publish') return room.publish();
    if (taken.what === 'pass') return time.advance(taken.milliseconds);
    const alive = sockets.filter((socket) => !socket.isClosed && !cut.has(socket));
    const socket = taken.socket === 'older' ? alive[0] : alive.at(-1);
    if (socket === undefined) return;
    if (taken.what === 'open') open(socket);
    else if (taken.what === 'cut') {
      cut.add(socket);
      socket.close(1006);
    } else room[taken.what](socket);
  };
  /** Everything that is under way arrives. */
  const clear = async () => {
    for (const socket of sockets) {
      open(socket);
      for (let frames = 0; frames < 80; frames += 1) {
        room.serve(socket);
        room.deliver(socket);
      }
    }
    await settle();
  };
  await settle();
  await clear();
  // The second connection is being made when the weather turns.
  await time.advance(RECONNECT_AFTER_MS);
  for (const taken of steps) {
    await take(taken);
    await settle();
  }
  for (let round = 0; round < 10; round += 1) {
    await time.advance(10_000);
    await clear();
  }
  room.publish();
  await clear();
  client.close();
  return { told, log: room.log };
}

it('a client receives every event since it joined, in order, once, whatever happens to its connections', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }), async (steps) => {
      const { told, log } = await play(steps);
      const [first = log.length + 1] = told;
      expect(told).toEqual(log.slice(first - 1));
      expect(told.length).toBeGreaterThan(0);
    }),
    { numRuns: isLongForm ? 150 : 60 },
  );
});
