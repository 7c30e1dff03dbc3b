import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Store } from '../../../lib/core/ports.ts';
import type { DeliveryReport } from '../../../lib/core/stream/deliver.ts';
import { dynamoDbStore } from '../../../lib/store/dynamodb-store.ts';
import { directStream } from '../../support/direct-stream.ts';
import { type DynamoDbEngine, startDynalite } from '../../support/dynamodb-engines.ts';
import { handlersOver } from '../../support/handlers.ts';
import { isLongForm } from '../../support/long-form.ts';
import { memoryStore } from '../../support/memory-store.ts';
import { recordingGateway } from '../../support/recording-gateway.ts';
import { aMembership } from '../../support/rows.ts';
import { START } from '../../support/virtual-time.ts';

let engine: DynamoDbEngine | undefined;
beforeAll(async () => {
  if (isLongForm) engine = await startDynalite();
});
afterAll(() => engine?.stop());

const clock = () => START;
const openStore = (pageSize: number): Store =>
  engine === undefined
    ? memoryStore({ clock, pageSize })
    : dynamoDbStore({ client: engine.client, tableName: engine.tableName, clock, pageSize });

let rooms = 0;

const ids = (maxLength: number) =>
  fc.uniqueArray(fc.integer({ min: 0, max: 1_000_000 }), { maxLength, size: 'max' });

/** What a room may be like: who is in it, who moves while the event is on its way, and how it is divided. */
const scenes = fc.record({
  staying: ids(60),
  moving: ids(20),
  pageSize: fc.integer({ min: 1, max: 9 }),
  membersPerSlice: fc.integer({ min: 1, max: 15 }),
  functions: fc.integer({ min: 1, max: 8 }),
});

it('a broadcast to a room that is divided in any way reaches each member that stays once, and others at most once', async () => {
  let divided = 0;
  const property = fc.asyncProperty(
    scenes,
    async ({ staying, pageSize, functions, membersPerSlice, ...scene }) => {
      rooms += 1;
      const roomId = `room-${rooms}`;
      const store = openStore(pageSize);
      const put = (id: number, version: number, on: boolean) =>
        store.putMembership(
          aMembership({ roomId, connectionId: `c${id}=`, version, on, batch: id % 3 === 0 }),
        );
      const moving = scene.moving.filter((id) => !staying.includes(id));
      const isThere = (id: number) => id % 2 === 0;
      await Promise.all([...staying, ...moving.filter(isThere)].map((id) => put(id, 1, true)));

      const gateway = recordingGateway();
      const reports: DeliveryReport[] = [];
      const stream = directStream();
      const handlers = handlersOver({
        ...stream.ports,
        store,
        gateway: {
          close: gateway.close,
          async post(connectionId, frame) {
            // Somebody joins, or leaves, while the room is being posted to.
            const mover = moving.shift();
            if (mover !== undefined) await put(mover, 2, !isThere(mover));
            return gateway.post(connectionId, frame);
          },
        },
        clock,
        sleep: async () => undefined,
        random: () => 0.5,
        verifyToken: async () => ({ ok: false, reason: 'none' }),
        postsPerSecond: functions * 4_000,
        membersPerSlice,
        onDelivered: (report) => reports.push(report),
      });
      const detail = { roomId, data: {}, id: 'event' };
      await stream.publish(handlers, { id: 'e', 'detail-type': 'position_update', detail });

      const reached = gateway.frames.map(({ connectionId }) => connectionId);
      expect(new Set(reached).size).toBe(reached.length);
      expect(reached).toEqual(expect.arrayContaining(staying.map((id) => `c${id}=`)));
      expect(reports).toMatchObject([{ delivered: reached.length, status: 'complete', failed: 0 }]);
      if ((reports[0]?.functions ?? 0) > 1) divided += 1;
    },
  );
  await fc.assert(property, { numRuns: isLongForm ? 40 : 15 });
  expect(divided).toBeGreaterThan(1);
});
