import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import fc from 'fast-check';
import { cachedSecret, verifyWithSharedSecret } from '../../lib/auth/shared-secret.ts';
import { parseSettingsOf } from '../../lib/auth/token-settings.ts';
import { createTokenVerifier } from '../../lib/auth/user.ts';
import { putOnBus } from '../../lib/canary/check-stage.ts';
import type { TokenSource } from '../../lib/canary/tokens.ts';
import { canaryTokens } from '../../lib/canary/tokens.ts';
import { WHOLE_ROOM } from '../../lib/core/broadcast/room-slice.ts';
import type { Store } from '../../lib/core/ports.ts';
import { type CanaryDeps, onCanary } from '../../lib/lambda/on-canary.ts';
import { encodeWork } from '../../lib/workers/lambda-workers.ts';
import { type Command, LATER, ROOMS, race, SOON, START } from '../races/race.ts';
import { directStream } from '../support/direct-stream.ts';
import type { HandlerPorts, Handlers } from '../support/handlers.ts';
import { memoryStore } from '../support/memory-store.ts';
import { recordingGateway } from '../support/recording-gateway.ts';
import { noLog } from '../support/recording-log.ts';
import { aCursor, aMembership } from '../support/rows.ts';
import { createObserver } from './observed-handlers.ts';

/** Notes what is used by everything below. */
export const observer = createObserver();
const store = (clock: () => number) => memoryStore({ clock, pageSize: 1 });

/** The rooms of a race are too small for a worker: here the worker posts to whole rooms, as if they were slices. */
function workersAlone(ports: HandlerPorts): Handlers {
  const handlers = observer.handlers(ports);
  return {
    ...handlers,
    async broadcast({ Records: records }) {
      const limits = { postsPerSecond: 1_000_000, burst: 1_000_000 };
      for (const { attributes } of records) {
        const { MessageGroupId: room } = attributes;
        const work = encodeWork({ roomId: room, slice: WHOLE_ROOM, frames: ['{}'], limits });
        await handlers.broadcastWorker(JSON.parse(work));
      }
      return { batchItemFailures: [] };
    },
  };
}

const sentAt = fc.integer({ min: START, max: START + 3 });
const roomId = fc.constantFrom(...ROOMS);
const expiresAt = fc.constantFrom(SOON, LATER);
const rooms = fc.constant<'*'>('*');
const seq = fc.integer({ min: 0, max: 2 });
/** Every option of a subscribe, present or not. A test compares them with the schema. */
const asks = fc.record(
  { since: seq, snapshot: fc.boolean(), batch: fc.boolean(), as: fc.constantFrom('roomId', 'bullPenId') },
  { requiredKeys: [] },
);
const command = fc.oneof(
  fc.record({ kind: fc.constant('auth' as const), sentAt, expiresAt, rooms }),
  fc.record({
    kind: fc.constantFrom('subscribe_room' as const, 'unsubscribe_room' as const),
    roomId,
    sentAt,
    asks,
  }),
  fc.record(
    { kind: fc.constant('ping' as const), sentAt, rooms: fc.dictionary(roomId, seq) },
    { requiredKeys: ['kind', 'sentAt'] },
  ),
  fc.record({ kind: fc.constant('broadcast' as const), roomId }),
  fc.record({ kind: fc.constantFrom('$disconnect' as const, 'deadline' as const, 'tick' as const) }),
);

type Commands = fc.Arbitrary<Command[]>;
interface RaceOptions {
  handlers?: typeof workersAlone;
  numRuns?: number;
}

async function runRaces(
  before: Commands,
  commands: Commands,
  { handlers = observer.handlers, numRuns = 70 }: RaceOptions = {},
): Promise<void> {
  const open = { store, handlers, hasMembershipRow: async () => false };
  const property = fc.asyncProperty(fc.scheduler(), before, commands, async (scheduler, first, then) => {
    await race(scheduler, then, open, first);
  });
  // The same commands in every run of the test: what they use is compared with what is granted.
  await fc.assert(property, { numRuns, seed: 1 });
}

/** Any commands in any order. */
const anything = () =>
  runRaces(fc.array(command, { maxLength: 4 }), fc.array(command, { minLength: 3, maxLength: 8 }));

const auth: Command = { kind: 'auth', sentAt: START, expiresAt: LATER, rooms: '*' };
const inRoomA = { roomId: 'A', sentAt: START } as const;
const eventInA: Command = { kind: 'broadcast', roomId: 'A' };

/** A member whose token expires while events come, and that renews the token or leaves. */
const expiringMember = (options: RaceOptions = {}) =>
  runRaces(
    fc.constant<Command[]>([
      { ...auth, expiresAt: SOON },
      { kind: 'subscribe_room', ...inRoomA },
    ]),
    fc.shuffledSubarray<Command>(
      [{ kind: 'tick' }, eventInA, eventInA, { kind: '$disconnect' }, { ...auth, sentAt: START + 1 }],
      { minLength: 3 },
    ),
    options,
  );

/** A member that was away asks for what it missed, before it authenticates or after. */
const returningMember = () =>
  runRaces(
    fc.constant<Command[]>([eventInA]),
    fc.shuffledSubarray<Command>(
      [auth, { kind: 'subscribe_room', ...inRoomA, asks: { since: 0, snapshot: true } }, eventInA],
      { minLength: 2 },
    ),
    { numRuns: 20 },
  );

const portsOf = (rows: Store, stream = directStream()) => ({
  ...stream.ports,
  store: rows,
  gateway: recordingGateway(),
  clock: () => START,
  sleep: async () => undefined,
  random: () => 0.5,
  verifyToken: async () => ({ ok: false, reason: 'none' }) as const,
  log: noLog,
});

const connection = { connectionId: 'c', connectedAt: START };
const fromClient = (body: object) => ({
  requestContext: { ...connection, eventType: 'MESSAGE', requestTimeEpoch: START } as const,
  body: JSON.stringify(body),
});

/** What no race does: connections that succeed and that fail, and messages whose type is a route of API Gateway. */
async function connectAndMisuse(): Promise<void> {
  const ports = portsOf(store(() => START));
  const handlers = observer.handlers(ports);
  const event = { requestContext: { ...connection, eventType: 'CONNECT', requestTimeEpoch: START } } as const;
  await handlers.$connect(event);
  const scheduleAuthDeadline = () => Promise.reject(new Error('the queue takes nothing'));
  await observer
    .handlers({ ...ports, scheduleAuthDeadline })
    .$connect(event)
    .catch(() => undefined);
  await handlers.$connect(fromClient({ type: '$connect' }));
  await handlers.$disconnect(fromClient({ type: '$disconnect' }));
}

/** A token that is signed with a shared secret. */
async function secretToken(): Promise<void> {
  const text = JSON.stringify({ mode: 'shared-secret', secretId: 'secret', userIdClaim: 'sub' });
  const secrets = observer.client<SecretsManagerClient>(async () => ({ SecretString: 'x'.repeat(32) }));
  const readSecret = cachedSecret(secrets, 'secret', () => START);
  const settings = parseSettingsOf(text, 'shared-secret');
  const verifyClaims = verifyWithSharedSecret(settings, readSecret, () => START);
  const ofUser = { userIdClaim: settings.userIdClaim, roomAccess: 'open' } as const;
  const verifyToken = createTokenVerifier(verifyClaims, ofUser, () => START);
  // It looks like a token of this mode: the secret is read for nothing else.
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url');
  const token = `${part({ alg: 'HS256' })}.${part({ sub: 'a' })}.${part({})}`;
  await observer
    .handlers({ ...portsOf(store(() => START)), verifyToken })
    .auth(fromClient({ type: 'auth', data: { token } }));
}

const orderIn = (room: string, id = room) => ({
  id,
  'detail-type': 'order_executed',
  detail: { roomId: room, data: { orderId: 1 }, id },
});

/** A room with more events than a batch, one that needs workers, one that cannot be read, and a message that is no event. */
async function roomsOfEveryKind(): Promise<void> {
  const rows = store(() => START);
  const stream = directStream();
  const ports = portsOf(rows, stream);
  const busy = observer.handlers({ ...ports, batchSize: 1, deliveryIntervalMs: 200 });
  for (const id of ['first', 'second']) await stream.publish(busy, orderIn('busy', id));

  for (let member = 0; member < 8; member += 1) {
    await rows.putMembership(aMembership({ roomId: 'large', connectionId: `m${member}` }));
  }
  await stream.publish(observer.handlers({ ...ports, membersPerSlice: 1 }), orderIn('large'));

  let isBroken = true;
  const readCursor: Store['readCursor'] = async (room) => {
    if (!isBroken) return rows.readCursor(room);
    isBroken = false;
    throw new Error('the room cannot be read');
  };
  await stream.publish(observer.handlers({ ...ports, store: { ...rows, readCursor } }), orderIn('broken'));

  const handlers = observer.handlers(ports);
  await handlers.ingest({ id: 'bad', 'detail-type': 'nothing', detail: {} });
  const attributes = { MessageGroupId: 'bad', SequenceNumber: '1', ApproximateReceiveCount: '1' };
  await handlers.broadcast({
    Records: [{ messageId: 'bad', receiptHandle: 'bad', body: 'nothing', attributes }],
  });
}

/** The log of a room that has an event since it was last read, so that events are read. */
function logWithEvents(): CanaryDeps['roomLog'] {
  const rows = observer.store(store(() => START));
  let seq = 0;
  return {
    async readCursor(roomId) {
      await rows.readCursor(roomId);
      seq += 1;
      return aCursor({ seq });
    },
    readEvents: rows.readEvents,
  };
}

/** A clock that advances by a millisecond whenever it is read. */
function ticking(): () => number {
  let now = START;
  return () => {
    now += 1;
    return now;
  };
}

/** The canary with a token of each source, and with none. There is no stage that it could connect to. */
async function canaryRuns(): Promise<void> {
  const fetch = async () => ({ status: 200, json: async () => ({ access_token: 'token' }) });
  const secretString = JSON.stringify({ tokenEndpoint: 'https://issuer', clientId: 'c', clientSecret: 's' });
  const secrets = observer.client<SecretsManagerClient>(async () => ({ SecretString: secretString }));
  const accepted = { FailedEntryCount: 0, Entries: [{ EventId: 'e' }] };
  const bus = observer.client<EventBridgeClient>(async () => accepted);
  const sources: TokenSource[] = [
    { from: 'jwt-secret', secretId: 'secret', userIdClaim: 'sub' },
    { from: 'canary-secret', secretId: 'secret' },
    { from: 'nowhere' },
  ];
  for (const source of sources) {
    const readSecret = cachedSecret(secrets, 'secret', () => START);
    const ports = { readSecret, fetch, clock: () => START, patience: 1, user: 'canary', room: 'canary' };
    const run = onCanary({
      url: 'ws://127.0.0.1:1',
      room: 'canary',
      tokens: canaryTokens(source, ports),
      put: putOnBus(bus, { bus: 'bus', source: 'test' }),
      roomLog: logWithEvents(),
      patience: 1,
      timeLimitMs: 10_000,
      newId: () => 'run',
      clock: ticking(),
      sleep: async () => undefined,
      countPassed: () => undefined,
      log: noLog,
    });
    await observer.as('canary', run);
  }
}

/** Runs every handler in every way that the project knows. `observer` then has what each function used. */
export async function useEverything(): Promise<void> {
  await anything();
  await expiringMember();
  await expiringMember({ handlers: workersAlone, numRuns: 20 });
  await returningMember();
  await connectAndMisuse();
  await secretToken();
  await roomsOfEveryKind();
  await canaryRuns();
}
