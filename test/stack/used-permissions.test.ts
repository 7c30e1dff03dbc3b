import { AsyncLocalStorage } from 'node:async_hooks';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FunctionName } from '../../lib/config/functions.ts';
import { type FunctionPermissions, permissions } from '../../lib/config/permissions.ts';
import { connect } from '../../lib/core/connect.ts';
import type { Gateway } from '../../lib/core/ports.ts';
import { WHOLE_ROOM } from '../../lib/core/room-part.ts';
import { dynamoDbStore } from '../../lib/store/dynamodb-store.ts';
import { encodePart } from '../../lib/workers/part-message.ts';
import { type Command, LATER, ROOMS, race, SOON, START } from '../races/race.ts';
import { directLane } from '../support/direct-lane.ts';
import { type DynamoDbEngine, startDynalite } from '../support/dynamodb-engines.ts';
import { type HandlerPorts, type Handlers, handlersOver } from '../support/handlers.ts';
import { recordingGateway } from '../support/recording-gateway.ts';

/** Which function runs the code that calls. */
const running = new AsyncLocalStorage<FunctionName>();
const used = new Map<FunctionName, Set<string>>();
let engine: DynamoDbEngine;

beforeAll(async () => {
  engine = await startDynalite();
  engine.client.middlewareStack.add(
    (next, { commandName }) =>
      (call) => {
        use(String(commandName).replace('Command', ''));
        return next(call);
      },
    {},
  );
});
afterAll(() => engine.stop());

function use(action: string): void {
  const name = running.getStore();
  if (name === undefined) return;
  used.set(name, (used.get(name) ?? new Set()).add(action));
}

/** The handlers, each noting what it uses. */
function observed(ports: HandlerPorts): Handlers {
  const handlers = handlersOver({ ...ports, gateway: observedGateway(ports.gateway) });
  const as =
    <Event, Result>(name: FunctionName, handler: (event: Event) => Promise<Result>) =>
    (event: Event) =>
      running.run(name, () => handler(event));
  return {
    $connect: as('connect', handlers.$connect),
    $disconnect: as('disconnect', handlers.$disconnect),
    auth: as('auth', handlers.auth),
    subscribe_room: as('subscribeRoom', handlers.subscribe_room),
    unsubscribe_room: as('unsubscribeRoom', handlers.unsubscribe_room),
    ping: as('ping', handlers.ping),
    authDeadline: as('authDeadline', handlers.authDeadline),
    intake: as('intake', handlers.intake),
    broadcast: as('broadcast', handlers.broadcast),
    broadcastWorker: as('broadcastWorker', handlers.broadcastWorker),
  };
}

/** The rooms of a race are too small for a worker: here it does all of them, as if they were parts. */
function observedWorker(ports: HandlerPorts): Handlers {
  const handlers = observed(ports);
  return {
    ...handlers,
    async broadcast({ Records: records }) {
      const limits = { postsPerSecond: 1_000_000, burst: 1_000_000 };
      for (const { attributes } of records) {
        const { MessageGroupId: room } = attributes;
        const work = encodePart({ roomId: room, part: WHOLE_ROOM, frames: ['{}'], limits });
        await handlers.broadcastWorker(JSON.parse(work));
      }
      return { batchItemFailures: [] };
    },
  };
}

function observedGateway({ post, close }: Gateway): Gateway {
  const noting =
    <Parameters extends unknown[], Result>(method: string, call: (...parameters: Parameters) => Result) =>
    (...parameters: Parameters) => {
      use(method);
      return call(...parameters);
    };
  return { post: noting('POST', post), close: noting('DELETE', close) };
}

const sentAt = fc.integer({ min: START, max: START + 3 });
const roomId = fc.constantFrom(...ROOMS);
const expiresAt = fc.constantFrom(SOON, LATER);
const rooms = fc.constant<'*'>('*');
const command = fc.oneof(
  fc.record({ kind: fc.constant('auth' as const), sentAt, expiresAt, rooms }),
  fc.record({
    kind: fc.constantFrom('subscribe_room' as const, 'unsubscribe_room' as const),
    roomId,
    sentAt,
    asks: fc.constantFrom({}, { snapshot: true }),
  }),
  fc.record({ kind: fc.constant('ping' as const), sentAt }),
  fc.record({ kind: fc.constant('broadcast' as const), roomId }),
  fc.record({ kind: fc.constantFrom('$disconnect' as const, 'deadline' as const, 'tick' as const) }),
);

const store = (clock: () => number) =>
  dynamoDbStore({ client: engine.client, tableName: engine.tableName, clock });

type Commands = fc.Arbitrary<Command[]>;
interface RaceOptions {
  handlers?: typeof observed;
  numRuns?: number;
}

async function runRaces(
  before: Commands,
  commands: Commands,
  { handlers = observed, numRuns = 70 }: RaceOptions = {},
): Promise<void> {
  const open = { store, handlers, hasMembershipRow: async () => false };
  const property = fc.asyncProperty(fc.scheduler(), before, commands, async (scheduler, first, then) => {
    await race(scheduler, then, open, first);
  });
  // Always the same: what is used in these is what must be granted.
  await fc.assert(property, { numRuns, seed: 1 });
}

/** Anything may happen. */
const anything = () =>
  runRaces(fc.array(command, { maxLength: 4 }), fc.array(command, { minLength: 3, maxLength: 8 }));

/** A member whose token expires, who renews it, or leaves, while events come. */
const expiringMember = (options: RaceOptions = {}) =>
  runRaces(
    fc.constant<Command[]>([
      { kind: 'auth', sentAt: START, expiresAt: SOON, rooms: '*' },
      { kind: 'subscribe_room', roomId: 'A', sentAt: START },
    ]),
    fc.shuffledSubarray<Command>(
      [
        { kind: 'tick' },
        { kind: 'broadcast', roomId: 'A' },
        { kind: 'broadcast', roomId: 'A' },
        { kind: '$disconnect' },
        { kind: 'auth', sentAt: START + 1, expiresAt: LATER, rooms: '*' },
      ],
      { minLength: 3 },
    ),
    options,
  );

/** What no race does: a connection that cannot be recorded, and clients that name the routes of API Gateway. */
async function connectAndMisuse(): Promise<void> {
  const failing = async () => {
    throw new Error('the queue takes nothing');
  };
  const connection = { connectionId: 'c', connectedAt: START };
  const rows = store(() => START);
  await running.run('connect', () =>
    connect({ store: rows, scheduleAuthDeadline: failing }, connection).catch(() => undefined),
  );
  const handlers = observed({
    ...directLane().ports,
    store: rows,
    gateway: recordingGateway(),
    clock: () => START,
    sleep: async () => undefined,
    random: () => 0.5,
    verifyToken: async () => ({ ok: false, reason: 'none' }),
  });
  const requestContext = { ...connection, eventType: 'MESSAGE', requestTimeEpoch: START } as const;
  await handlers.$connect({ requestContext, body: '{"type":"$connect"}' });
  await handlers.$disconnect({ requestContext, body: '{"type":"$disconnect"}' });
}

describe('permissions', () => {
  it('are what the real handlers use of the table and of connections: nothing is missing, nothing too much', async () => {
    await anything();
    await expiringMember();
    await expiringMember({ handlers: observedWorker, numRuns: 20 });
    await connectAndMisuse();
    const granted = (Object.entries(permissions) as [FunctionName, FunctionPermissions][]).map(
      ([name, { table, connections }]) => [name, [...table, ...connections].sort()],
    );
    const needed = Object.keys(permissions).map((name) => [
      name,
      [...(used.get(name as FunctionName) ?? [])].sort(),
    ]);
    expect(Object.fromEntries(needed)).toEqual(Object.fromEntries(granted));
  }, 60_000);
});
