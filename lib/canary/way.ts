import { sampleEvents } from '../protocol/sample-events.ts';
import { type Frame, openStageClient, type StageClient } from './stage-client.ts';
import type { Take } from './steps.ts';

export interface StageTarget {
  /** `wss://…`, as clients connect. */
  url: string;
  token: string;
  room: string;
  /** Puts an event on the bus, as a service does, and returns EventBridge's id of it. */
  put: (type: string, detail: object) => Promise<string>;
  /** The two events have the ids `<runId>:1` and `<runId>:2`. */
  runId: string;
  /** Milliseconds that each wait may take. */
  patience: number;
}

interface Position {
  epoch: unknown;
  seq: unknown;
}

/**
 * One way through the stage, as a client goes: from connect by two events of one state, a lost connection and what was
 * missed, to close. Not by the project's client: that one always stands behind the newest frame, and so can never
 * ask for one that is known to be there. Rejects with StepFailed.
 */
export async function goThroughStage(target: StageTarget, take: Take): Promise<void> {
  const { token, room: roomId, patience, url } = target;
  const inRoom = () => `room ${roomId}`;
  const authenticate = (client: StageClient) => ask(client, 'auth', { token }, 'auth_success');
  const open: StageClient[] = [];
  const connect = async () => {
    const client = await openStageClient(url, patience);
    open.push(client);
    return client;
  };
  try {
    const first = await take('connect', connect, () => url);
    await take(
      'auth',
      () => authenticate(first),
      ({ data }) => `as user ${data?.['userId']}`,
    );
    await take('subscribe', () => ask(first, 'subscribe_room', { roomId }, 'room_subscribed'), inRoom);
    const since = await deliver(target, first, take);
    await take(
      'missed',
      async () => {
        await putState(target, 2);
        return first.frame(eventId(target, 2), 'the frame of the second event');
      },
      ({ seq }) => `frame ${seq}, which the next connection will not have got`,
    );
    first.abandon();
    const second = await take(
      'reconnect',
      async () => {
        const client = await connect();
        await authenticate(client);
        return client;
      },
      () => 'the first connection was dropped',
    );
    await take(
      'recover',
      () => recover(target, second, since),
      () => 'recovered, exactly the second event',
    );
    await take('unsubscribe', () => ask(second, 'unsubscribe_room', { roomId }, 'room_unsubscribed'), inRoom);
    await take(
      'close',
      () => second.close(),
      (code) => `with code ${code}`,
    );
  } finally {
    for (const client of open) client.abandon();
  }
}

const eventId = ({ runId }: StageTarget, number: 1 | 2) => `${runId}:${number}`;

/** Puts a value of a state of the room: that state's own, so that nothing of the game is superseded by it. */
function putState(target: StageTarget, number: 1 | 2): Promise<string> {
  const { room, put } = target;
  const publishedAt = Date.now();
  const position = sampleEvents.position_update(room, new Date(publishedAt).toISOString());
  const data = { ...position, positionId: 'canary', userId: 'canary', symbol: 'CANARY', quantity: number };
  return put('position_update', { roomId: room, data, id: eventId(target, number), publishedAt });
}

/** Returns the position of the first event's frame. */
async function deliver(target: StageTarget, client: StageClient, take: Take): Promise<Position> {
  const putAt = Date.now();
  await take(
    'event',
    () => putState(target, 1),
    (accepted) => `position_update accepted as ${accepted}`,
  );
  const { epoch, seq } = await take(
    'frame',
    async () =>
      expectType(await client.frame(eventId(target, 1), 'the frame of that event'), 'position_update'),
    () => `${Date.now() - putAt} ms after it was published`,
  );
  return { epoch, seq };
}

async function recover(target: StageTarget, client: StageClient, since: Position): Promise<void> {
  const { room: roomId } = target;
  const { data } = await ask(client, 'subscribe_room', { roomId, since }, 'room_subscribed');
  if (data?.['recovered'] !== true) throw new Error(`expected recovered: true, got ${data?.['reason']}`);
  const ours = [eventId(target, 1), eventId(target, 2)];
  // Others may be in the room: of what was missed only the two are judged.
  const ids = ((data['events'] ?? []) as Frame[])
    .map(({ id }) => String(id))
    .filter((id) => ours.includes(id));
  if (ids.join() !== eventId(target, 2)) {
    throw new Error(
      `expected exactly the second event, got ${ids.length === 0 ? 'none' : ids.join(' and ')}`,
    );
  }
}

async function ask(client: StageClient, type: string, data: object, expected: string): Promise<Frame> {
  return expectType(await client.request(type, data, `the answer ${expected}`), expected);
}

function expectType(frame: Frame, expected: string): Frame {
  if (frame.type === expected) return frame;
  const { code, message } = frame.data ?? {};
  throw new Error(`expected ${expected}, got ${frame.type} ${code}: ${String(message).replace(/\.$/, '')}`);
}
