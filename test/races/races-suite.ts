import fc from 'fast-check';
import { expect, it } from 'vitest';
import { memoryStore } from '../support/memory-store.ts';
import {
  type Command,
  LATER,
  type Moment,
  type Open,
  type Outcome,
  ROOMS,
  race,
  SOON,
  START,
} from './race.ts';

/** A store in memory, which passes the contract of the real one. */
export function inMemory(): Open {
  let store: ReturnType<typeof memoryStore> | undefined;
  return {
    store(clock) {
      store = memoryStore({ clock, pageSize: 1 });
      return store;
    },
    hasMembershipRow: async (roomId, connectionId) =>
      (await store?.hasMembershipRow(roomId, connectionId)) ?? false,
  };
}

const sentAt = fc.integer({ min: 0, max: 3 }).map((milliseconds) => START + milliseconds);
const roomId = fc.constantFrom(...ROOMS);
const auth = fc.record({
  kind: fc.constant('auth' as const),
  sentAt,
  expiresAt: fc.constantFrom(SOON, LATER),
  rooms: fc.constant<'*'>('*'),
});
const lasting = { kind: fc.constant('auth' as const), sentAt, expiresAt: fc.constant(LATER) };
const subscription = fc.record({
  kind: fc.constantFrom('subscribe_room' as const, 'unsubscribe_room' as const),
  roomId,
  sentAt,
});
const broadcast = fc.record({ kind: fc.constant('broadcast' as const), roomId });
const ping = fc.record({ kind: fc.constant('ping' as const), sentAt });
const only = <Kind extends '$disconnect' | 'deadline' | 'tick'>(kind: Kind) => fc.constant({ kind });

function commandsOf(...kinds: fc.Arbitrary<Command>[]) {
  return fc.array(fc.oneof(...kinds), { minLength: 2, maxLength: 6 });
}

/** Once all has ended, a room has a membership if and only if the connection says so, with the expiry of its token. */
function rowsAgree({ connection, rooms }: Outcome): void {
  for (const { state, member, row } of Object.values(rooms)) {
    if (connection === undefined) expect(row).toBe(false);
    if (connection?.closing === undefined) expect(member !== undefined).toBe(state === 'live');
    if (member !== undefined) expect(member.tokenExpiresAt).toBe(connection?.user?.tokenExpiresAt);
  }
}

type Event = Extract<Moment, { what: 'frame' }>;

function deliveries(history: Moment[]): { event: Event; at: number; begunAt: number; room: string }[] {
  return history.flatMap((moment, at) => {
    if (moment.what !== 'frame' || moment.frame.type !== 'position_update') return [];
    const index = Number(moment.frame.id);
    const begunAt = history.findIndex((other) => other.what === 'begun' && other.index === index);
    const begun = history[begunAt];
    const room = begun?.what === 'begun' && begun.command.kind === 'broadcast' ? begun.command.roomId : '';
    return [{ event: moment, at, begunAt, room }];
  });
}

/** A connection that gets an event has authenticated, and a token of its is valid at that moment. */
function tokenWasValid({ history }: Outcome): void {
  for (const { event, at } of deliveries(history)) {
    const expiries = history
      .slice(0, at)
      .flatMap((moment) =>
        moment.what === 'begun' && moment.command.kind === 'auth' ? [moment.command.expiresAt] : [],
      );
    expect(Math.max(...expiries)).toBeGreaterThan(event.askedAt);
  }
}

/** A connection that gets an event has asked for the room, and was not told before the broadcast that it has left. */
function noneToTheUnsubscribed({ history }: Outcome): void {
  for (const { at, begunAt, room } of deliveries(history)) {
    const subscribes = history
      .slice(0, at)
      .flatMap((moment) => sentFor(moment, 'begun', 'subscribe_room', room));
    const left = history
      .slice(0, begunAt)
      .filter((moment) => moment.what === 'ended' && moment.answer?.type === 'room_unsubscribed')
      .flatMap((moment) => sentFor(moment, 'ended', 'unsubscribe_room', room));
    expect(Math.max(...subscribes)).toBeGreaterThanOrEqual(Math.max(...left));
  }
}

function sentFor(moment: Moment, what: 'begun' | 'ended', kind: Command['kind'], room: string): number[] {
  if (moment.what !== what || moment.command.kind !== kind || !('roomId' in moment.command)) return [];
  return moment.command.roomId === room && 'sentAt' in moment.command ? [moment.command.sentAt] : [];
}

/** Of the messages about a room the last one sent wins; on a tie a subscribe. */
function lastWord(commands: Command[], room: string): 'subscribe_room' | 'unsubscribe_room' | undefined {
  const about = commands.flatMap((command) =>
    command.kind === 'subscribe_room' || command.kind === 'unsubscribe_room' ? [command] : [],
  );
  const rank = (command: (typeof about)[number]) =>
    command.sentAt * 2 + (command.kind === 'subscribe_room' ? 1 : 0);
  return about.filter((command) => command.roomId === room).sort((one, other) => rank(other) - rank(one))[0]
    ?.kind;
}

function answerOf(moment: Moment) {
  if (moment.what === 'frame') return moment.frame;
  return moment.what === 'ended' ? moment.answer : undefined;
}

/** The ids under which the client was told that it is subscribed to the room. */
function idsSubscribed({ history }: Pick<Outcome, 'history'>, room: string): unknown[] {
  return history.flatMap((moment) => {
    const answer = answerOf(moment);
    const told = answer?.type === 'room_subscribed' && String(answer.data['roomId']).endsWith(`.${room}`);
    return told ? [answer.id] : [];
  });
}

/**
 * What is true whatever the order in which the functions run. `runs` is how many orders each property is tried with;
 * `openRun` is given the number of each, from 1.
 */
export function describeRaces(runs: number, openRun: (run: number) => Open): void {
  async function always(
    commands: fc.Arbitrary<Command[]>,
    holds: (outcome: Outcome, commands: Command[]) => void,
    before: readonly Command[] = [],
  ): Promise<void> {
    let count = 0;
    const property = fc.asyncProperty(fc.scheduler(), commands, async (scheduler, sent) => {
      count += 1;
      const outcome = await race(scheduler, sent, openRun(count), before);
      holds(outcome, sent);
      rowsAgree(outcome);
      tokenWasValid(outcome);
      noneToTheUnsubscribed(outcome);
    });
    await fc.assert(property, { numRuns: runs });
  }

  it('in any order of calls a room ends in what the client asked for last, and the client is told of it', async () => {
    await always(commandsOf(auth, subscription, subscription, broadcast, ping), (outcome, commands) => {
      const whenOn = commands.some((command) => command.kind === 'auth') ? 'live' : 'pending';
      for (const room of ROOMS) {
        const expected = lastWord(commands, room) === 'subscribe_room' ? whenOn : 'off';
        expect(outcome.rooms[room]?.state).toBe(expected);
        if (expected === 'live') expect(idsSubscribed(outcome, room)).toContain(outcome.rooms[room]?.id);
      }
    });
  });

  it('in any order of calls an event reaches every member that subscribed before its broadcast began', async () => {
    const subscribe = subscription.map((command) => ({ ...command, kind: 'subscribe_room' as const }));
    await always(commandsOf(auth, subscribe, broadcast, broadcast), ({ history }) => {
      for (const [index, moment] of history.entries()) {
        if (moment.what !== 'begun' || moment.command.kind !== 'broadcast') continue;
        const { roomId: room } = moment.command;
        if (idsSubscribed({ history: history.slice(0, index) }, room).length === 0) continue;
        const received = deliveries(history).filter((delivery) => delivery.begunAt === index);
        expect(received).toHaveLength(1);
      }
    });
  });

  it('in any order of calls no row is left of a connection that has ended', async () => {
    const commands = commandsOf(auth, subscription, subscription, broadcast);
    await always(
      fc.tuple(commands, only('$disconnect')).map(([sent, end]) => [...sent, end]),
      ({ connection, rooms }) => {
        expect(connection).toBeUndefined();
        expect(Object.values(rooms).map(({ row }) => row)).toEqual(ROOMS.map(() => false));
      },
    );
  });

  it('in any order of calls either the auth deadline closes a connection or a late auth keeps it open, never both', async () => {
    const commands = commandsOf(auth, subscription, only('deadline'));
    await always(
      fc.tuple(commands, only('deadline')).map(([sent, end]) => [...sent, end]),
      ({ history, closed, connection }, sent) => {
        const authenticated = history.some((moment) => answerOf(moment)?.type === 'auth_success');
        expect(closed).toBe(!authenticated);
        expect(connection === undefined).toBe(closed);
        if (!sent.some((command) => command.kind === 'auth')) expect(closed).toBe(true);
        expect(history.some((moment) => answerOf(moment)?.data['code'] === 'auth_timeout')).toBe(closed);
      },
    );
  });

  it('in any order of calls an expired token closes the connection at the next message or broadcast', async () => {
    const joined: Command[] = [
      { kind: 'auth', sentAt: START, expiresAt: SOON, rooms: '*' },
      { kind: 'subscribe_room', roomId: 'A', sentAt: START },
    ];
    const inA = broadcast.map((command) => ({ ...command, roomId: 'A' }));
    await always(
      commandsOf(only('tick'), subscription, ping, inA, inA),
      ({ history, closed, connection }) => {
        const expired = history.findIndex(
          (moment) => moment.what === 'ended' && moment.command.kind === 'tick',
        );
        const spoken = (moment: Moment) =>
          moment.what === 'begun' && !['tick', 'broadcast'].includes(moment.command.kind);
        const fed = (moment: Moment) => moment.what === 'begun' && moment.command.kind === 'broadcast';
        const stayed = !history.some(
          (moment) => 'command' in moment && moment.command.kind === 'unsubscribe_room',
        );
        const after = expired === -1 ? [] : history.slice(expired);
        if (after.some(spoken) || (stayed && after.some(fed))) expect(closed).toBe(true);
        if (closed) expect(connection).toBeUndefined();
      },
      joined,
    );
  });

  it('in any order of calls no membership is written for a room that the newest token does not allow', async () => {
    const expiresAt = fc.constantFrom(SOON, LATER);
    const limited = fc.record({ ...lasting, expiresAt, rooms: fc.subarray<string>([...ROOMS]) });
    await always(
      commandsOf(limited, limited, subscription, subscription, only('tick')),
      ({ connection, rooms }) => {
        for (const [room, { member }] of Object.entries(rooms)) {
          const allowed = connection?.user?.allowedRooms;
          if (member !== undefined) expect(allowed?.toString()).toContain(`.${room}`);
        }
      },
    );
  });
}
