import type { Scheduler } from 'fast-check';
import { WHOLE_ROOM } from '../../lib/core/broadcast/room-slice.ts';
import {
  type Connection,
  type SubscriptionState,
  subscriptionState,
  type User,
} from '../../lib/core/connection/connection.ts';
import type { Member } from '../../lib/core/connection/membership.ts';
import type { Store } from '../../lib/core/ports.ts';
import type { RequestId, Subscription } from '../../lib/protocol/client-messages.ts';
import { directStream } from '../support/direct-stream.ts';
import { gatesOf } from '../support/gates.ts';
import { handlersOver } from '../support/handlers.ts';
import { recordingGateway } from '../support/recording-gateway.ts';

export const START = 1_790_000_000_000;
/** A token is valid until SOON or until LATER. */
export const SOON = START + 1_000;
export const LATER = START + 1_000_000;
export const ROOMS = ['A', 'B'] as const;

export type Command =
  | { kind: 'auth'; sentAt: number; expiresAt: number; rooms: User['allowedRooms'] }
  | { kind: 'subscribe_room' | 'unsubscribe_room'; roomId: string; sentAt: number; asks?: Asks }
  | { kind: 'ping'; sentAt: number; rooms?: Record<string, number> }
  | { kind: 'broadcast'; roomId: string }
  | { kind: '$disconnect' }
  | { kind: 'deadline' }
  /** The clock advances to SOON. */
  | { kind: 'tick' };

/** `since` is a number of the epoch at the start of the race. `as` is the field in which the client names the room. */
type Asks = Omit<Subscription, 'since'> & { since?: number; as?: 'roomId' | 'bullPenId' };

/** One thing that happened. Moments are listed in their order. */
export type Moment =
  | { what: 'begun' | 'ended'; command: Command; index: number; answer?: Answer }
  /** `askedAt` is the clock when the handler posted. A post that is under way when a token expires still arrives. */
  | { what: 'frame'; frame: Answer; askedAt: number }
  | { what: 'closed' };

export interface Answer {
  type: string;
  data: Record<string, unknown>;
  id?: unknown;
}

export interface Outcome {
  history: Moment[];
  closed: boolean;
  connection: Connection | undefined;
  /** What the connection's row says of the room, and whether there is a membership. */
  rooms: Record<
    string,
    { state: SubscriptionState; id: RequestId | undefined; member: Member | undefined; row: boolean }
  >;
}

/** The store of a race, and what the test does around it. */
export interface Open {
  store(clock: () => number): Store;
  /** Asked after the race, about the store that was opened last. */
  hasMembershipRow(roomId: string, connectionId: string): Promise<boolean>;
  /** Makes the handlers, so that a test can observe them. Default: `handlersOver`. */
  handlers?: typeof handlersOver;
}

let runs = 0;

/**
 * Runs the commands of one client all at once, interleaved by the scheduler at every call of the real handlers to the
 * real store and to `@connections`. Commands in `before` have all ended when the others begin.
 */
export async function race(
  scheduler: Scheduler,
  commands: readonly Command[],
  open: Open,
  before: readonly Command[] = [],
): Promise<Outcome> {
  runs += 1;
  const number = runs;
  const connectionId = `race-${number}=`;
  const inRun = (roomId: string) => `${number}.${roomId}`;
  let now = START;
  const clock = () => now;
  const history: Moment[] = [];
  const store = open.store(clock);
  const gates = gatesOf(scheduler);
  let askedAt = now;
  const gateway = recordingGateway(
    (_, frame) => history.push({ what: 'frame', frame, askedAt }),
    () => history.push({ what: 'closed' }),
  );
  const behindGates = gates.gated({
    close: gateway.close,
    post: (id: string, frame: Uint8Array, calledAt: number) => {
      askedAt = calledAt;
      return gateway.post(id, frame);
    },
  });
  const stream = directStream();
  const handlers = (open.handlers ?? handlersOver)({
    ...stream.ports,
    store: gates.gated(store),
    gateway: { close: behindGates.close, post: (id, frame) => behindGates.post(id, frame, now) },
    clock,
    sleep: async () => gates.pass('sleep'),
    random: () => 0.5,
    verifyToken: async (token) => {
      const user: User = JSON.parse(token);
      return user.tokenExpiresAt > now ? { ok: true, user } : { ok: false, reason: 'expired' };
    },
  });

  const connect = {
    connectionId,
    eventType: 'CONNECT',
    connectedAt: START,
    requestTimeEpoch: START,
  } as const;
  await store.createConnection({ connectionId, connectedAt: START, ttl: START / 1000 + 7_800 });

  /** Room → its epoch after `before`, when the race begins. */
  const epochs = new Map<string, string>();
  const askedOf = (roomId: string, { since, as = 'roomId', ...asks }: Asks = {}) => ({
    [as]: inRun(roomId),
    ...asks,
    ...(since !== undefined && { since: { epoch: epochs.get(roomId) ?? 'none', seq: since } }),
  });
  const positions = (rooms: Record<string, number>) =>
    Object.fromEntries(Object.entries(rooms).map(([roomId, seq]) => [inRun(roomId), seq]));

  const message = (sentAt: number, body: object) => ({
    requestContext: { ...connect, eventType: 'MESSAGE', requestTimeEpoch: sentAt } as const,
    body: JSON.stringify(body),
  });
  const token = (command: Extract<Command, { kind: 'auth' }>) => {
    const rooms = command.rooms === '*' ? '*' : command.rooms.map(inRun);
    return JSON.stringify({
      userId: 'alice',
      tokenExpiresAt: command.expiresAt,
      allowedRooms: rooms,
    } satisfies User);
  };
  const perform = async (command: Command, id: number) => {
    switch (command.kind) {
      case 'auth':
        return handlers.auth(message(command.sentAt, { type: 'auth', data: { token: token(command) }, id }));
      case 'subscribe_room':
      case 'unsubscribe_room': {
        const { kind, roomId, asks } = command;
        const body = { type: kind, data: askedOf(roomId, asks), id };
        return handlers[kind](message(command.sentAt, body));
      }
      case 'ping':
        return handlers.ping(
          message(command.sentAt, {
            type: 'ping',
            data: { ...(command.rooms !== undefined && { rooms: positions(command.rooms) }) },
            id,
          }),
        );
      case 'broadcast': {
        // Each event is of another position, so that no other event replaces it.
        const detail = { roomId: inRun(command.roomId), data: { positionId: id }, id: String(id) };
        await stream.publish(handlers, { id: 'e', 'detail-type': 'position_update', detail });
        return undefined;
      }
      case '$disconnect':
        gateway.drop(connectionId);
        return handlers.$disconnect({ requestContext: { ...connect, eventType: 'DISCONNECT' } });
      case 'deadline':
        await handlers.authDeadline({
          Records: [{ messageId: 'm', body: JSON.stringify({ connectionId }) }],
        });
        return undefined;
      case 'tick':
        now = SOON;
        return undefined;
    }
  };

  const run = async (command: Command, index: number) => {
    await gates.pass(`begin ${command.kind}`);
    history.push({ what: 'begun', command, index });
    const response = await perform(command, index);
    await gates.pass(`end ${command.kind}`);
    const answer: Answer | undefined = response?.body === undefined ? undefined : JSON.parse(response.body);
    history.push({ what: 'ended', command, index, ...(answer !== undefined && { answer }) });
  };
  await gates.drive(Promise.all(before.map(run)));
  for (const roomId of ROOMS) {
    const cursor = await store.readCursor(inRun(roomId));
    if (cursor !== undefined) epochs.set(roomId, cursor.epoch);
  }
  await gates.drive(Promise.all(commands.map((command, index) => run(command, before.length + index))));

  const connection = await store.getConnection(connectionId);
  const rooms: Outcome['rooms'] = {};
  for (const roomId of ROOMS) {
    const { members } = await store.readMembers(inRun(roomId), WHOLE_ROOM);
    const [member] = members;
    const state = connection === undefined ? 'off' : subscriptionState(connection, inRun(roomId));
    const id = connection?.rooms.get(inRun(roomId))?.request.id;
    rooms[roomId] = { state, id, member, row: await open.hasMembershipRow(inRun(roomId), connectionId) };
  }
  return { history, closed: gateway.isClosed(connectionId), connection, rooms };
}
