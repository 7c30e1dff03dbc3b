import type { EventFrame } from '../../lib/protocol/server-messages.ts';
import type { SimulatedAws } from './aws.ts';
import { createRoomView, type RoomView } from './room-view.ts';
import type { World } from './world.ts';

export interface SimulatedClient {
  name: string;
  rooms: ReadonlyMap<string, RoomView>;
  /** Whether it is connected, live in every room, and misses no frame that was answered with 429. */
  isSettled(): boolean;
  /** Asks in every room what is missing, and recovers it. */
  check(): void;
  /** Told of every frame of a connection, before the client looks at its number. */
  onRawEvent: (connectionId: string, frame: EventFrame) => void;
}

/** A client that is not subscribed after this time connects again. */
const PATIENCE_MS = 20_000;
const CHECK_EVERY_MS = 2_000;

interface Open {
  connectionId: string;
  /** When it was last live in every room, or when it opened. */
  settledAt: number;
  isOpen: boolean;
  /** Room → the text of its last frame. */
  lastFrame: Map<string, string>;
}

/** A client that stays in its rooms whatever happens: it reconnects, recovers, and pings sometimes. */
export function startClient(
  world: World,
  aws: SimulatedAws,
  name: string,
  roomIds: readonly string[],
  onRawEvent: SimulatedClient['onRawEvent'],
): SimulatedClient {
  let current: Open | undefined;
  let requests = 0;
  let lastPing: { id: number; epochs: ReadonlyMap<string, string | undefined> } | undefined;
  /** Room → id of the last subscribe, until it is answered. Answers to other ids are ignored. */
  const lastRequest = new Map<string, number>();
  const rooms = new Map(roomIds.map((roomId) => [roomId, createRoomView(gapIn(roomId))]));
  const viewOf = (roomId: string) => rooms.get(roomId) ?? createRoomView(() => undefined);

  function gapIn(roomId: string) {
    return ({ epoch, seq, prev }: EventFrame, last: number) => {
      const { since } = viewOf(roomId);
      // A first frame of another epoch is no gap: it announces the epoch.
      if (since?.epoch === epoch) {
        if (!mayMiss(roomId, prev))
          world.violated(`${name} sees a gap in ${roomId}: ${seq} after ${prev}, but it has ${last}`);
        world.note(`${name} finds a gap in ${roomId}`);
      }
      subscribe(roomId);
    };
  }

  /** On a connection that stays, a gap is allowed only if API Gateway answered a frame with 429. */
  function mayMiss(roomId: string, upTo = Number.POSITIVE_INFINITY): boolean {
    const { since } = viewOf(roomId);
    if (current === undefined || since === undefined) return false;
    const room = { roomId, epoch: since.epoch };
    return aws.connections.wasRefused(current.connectionId, room, since.seq, upTo);
  }

  function subscribe(roomId: string): void {
    if (!current?.isOpen) return;
    requests += 1;
    lastRequest.set(roomId, requests);
    const { since } = viewOf(roomId);
    viewOf(roomId).hold();
    const data = { roomId, snapshot: true, batch: name === 'packed', ...(since && { since }) };
    aws.send(current.connectionId, { type: 'subscribe_room', data, id: requests });
  }

  function askForPositions(): void {
    if (!current?.isOpen) return;
    const positions = [...rooms].map(([roomId, { since }]) => [roomId, since?.seq ?? 0]);
    requests += 1;
    lastPing = {
      id: requests,
      epochs: new Map([...rooms].map(([roomId, { since }]) => [roomId, since?.epoch])),
    };
    const data = { rooms: Object.fromEntries(positions) };
    aws.send(current.connectionId, { type: 'ping', data, id: requests });
  }

  function onFrame(connection: Open, text: string): void {
    if (!connection.isOpen) return;
    const frame = JSON.parse(text);
    const { type, data } = frame;
    if (type === 'room_subscribed') onSubscribed(frame);
    else if (type === 'pong') onPong(data.rooms ?? {}, frame.id);
    else if (type === 'batch') onEvents(connection, data.events, text);
    else if ('seq' in frame) onEvents(connection, [frame], text);
  }

  function onSubscribed({ data, id }: { data: Parameters<RoomView['subscribed']>[0]; id: number }): void {
    const roomId = String(data.roomId);
    if (lastRequest.get(roomId) !== id) return;
    // An answer may come twice, and the second one may be older.
    lastRequest.delete(roomId);
    world.note(
      `${name} is in ${roomId} at ${data.epoch} ${data.seq}: ${data.recovered ? 'recovered' : (data.reason ?? 'joined')}`,
    );
    viewOf(roomId).subscribed(data);
  }

  function onEvents({ connectionId, lastFrame }: Open, events: readonly EventFrame[], text: string): void {
    const roomId = events[0]?.roomId ?? '';
    // A post that was answered with 5xx is repeated, even if it had arrived.
    const isAgain = lastFrame.get(roomId) === text;
    lastFrame.set(roomId, text);
    for (const event of events) {
      if (!isAgain) onRawEvent(connectionId, event);
      viewOf(roomId).event(event);
    }
  }

  function onPong(positions: Record<string, number>, id: number): void {
    if (id !== lastPing?.id) return;
    for (const [roomId, sent] of Object.entries(positions)) {
      const { isLive, since } = viewOf(roomId);
      if (!isLive || since === undefined || sent <= since.seq) continue;
      // The number may belong to the epoch before.
      if (lastPing.epochs.get(roomId) !== since.epoch) continue;
      if (!mayMiss(roomId, sent))
        world.violated(`${name} was sent ${sent} in ${roomId}, but has ${since.seq}`);
      world.note(`${name} finds a gap in ${roomId}`);
      subscribe(roomId);
    }
  }

  async function connect(count: number): Promise<Open | undefined> {
    const connection: Open = {
      connectionId: `${name}-${count}=`,
      settledAt: world.time.now(),
      isOpen: true,
      lastFrame: new Map(),
    };
    const isIn = await aws.connect(connection.connectionId, {
      onFrame: (text) => onFrame(connection, text),
      onClose() {
        connection.isOpen = false;
        world.note(`${connection.connectionId} was closed`);
      },
    });
    return isIn ? connection : undefined;
  }

  function leave(connection: Open): void {
    connection.isOpen = false;
    world.note(`${connection.connectionId} goes away`);
    aws.connections.drop(connection.connectionId);
    if (!world.chance(world.faults.silentDisconnect)) aws.disconnect(connection.connectionId);
  }

  const isLive = () => current?.isOpen === true && [...rooms.values()].every((room) => room.isLive);
  const isSettled = () => isLive() && roomIds.every((roomId) => !mayMiss(roomId));

  async function stay(connection: Open): Promise<void> {
    aws.send(connection.connectionId, { type: 'auth', data: { token: name } });
    for (const roomId of roomIds) subscribe(roomId);
    while (connection.isOpen) {
      await world.delay(world.between(CHECK_EVERY_MS / 2, CHECK_EVERY_MS));
      if (isLive()) connection.settledAt = world.time.now();
      const isPatient = world.time.now() - connection.settledAt < PATIENCE_MS;
      const goes = world.chance((world.faults.disconnectsPerMinute * CHECK_EVERY_MS) / 60_000);
      if (goes || !isPatient) leave(connection);
      else pingSometimes();
    }
  }

  function pingSometimes(): void {
    if (world.chance(0.1)) askForPositions();
    else if (world.chance(0.05)) subscribe(world.pick(roomIds));
  }

  async function live(): Promise<never> {
    await world.delay(world.between(0, 2_000));
    for (let count = 1; ; count += 1) {
      current = await connect(count);
      if (current !== undefined) await stay(current);
      const isLong = world.chance(world.faults.longAway);
      await world.delay(isLong ? world.between(60_000, 900_000) : world.between(100, 3_000));
    }
  }

  void live();
  return {
    name,
    rooms,
    isSettled,
    check() {
      askForPositions();
      roomIds.forEach(subscribe);
    },
    onRawEvent,
  };
}
