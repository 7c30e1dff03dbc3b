import { expect, it } from 'vitest';
import { encodeAnswer } from '../../../lib/core/connection/answers.ts';
import type { RoomRequest } from '../../../lib/core/connection/connection.ts';
import { subscribedAnswer } from '../../../lib/core/messages/subscribed-answer.ts';
import { append } from '../../../lib/core/stream/append.ts';
import { MAX_MESSAGE_BYTES } from '../../../lib/protocol/limits.ts';
import { START } from '../../support/virtual-time.ts';
import { auth, subscribe } from './client-requests.ts';
import { type EventOptions, inStream, position } from './stream/room-events.ts';
import { deliverNow, type StreamRoom, streamRoom } from './stream/stream-room.ts';

interface Answer {
  epoch: string;
  seq: number;
  recovered: boolean;
  reason?: string;
  events?: { seq: number }[];
  snapshot?: { seq: number }[];
}

async function roomWith(...events: EventOptions[]) {
  const room = streamRoom();
  await append(
    room.deps,
    'r',
    events.map((event, index) => inStream(index + 1, event)),
  );
  return room;
}

const connection = { connectionId: 'c=', version: 1, ttl: 1, rooms: new Map() };

const requestOf = (request: Partial<RoomRequest> = {}): RoomRequest => ({
  echo: { roomId: 'r' },
  ...request,
});

async function dataOf({ deps }: StreamRoom, request?: Partial<RoomRequest>): Promise<Answer> {
  const answer = await subscribedAnswer(deps, connection, 'r', requestOf(request));
  expect(encodeAnswer(answer).byteLength).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
  return JSON.parse(JSON.stringify(answer.data));
}

async function sinceOf(room: StreamRoom, seq: number): Promise<Pick<RoomRequest, 'since'>> {
  return { since: { epoch: (await room.cursor()).epoch, seq } };
}

it('the answer to a subscribe has the position of the room, under the names and the id that the client gave', async () => {
  const room = await roomWith({}, {});
  const { epoch } = await room.cursor();
  expect(await subscribedAnswer(room.deps, connection, 'r', { echo: { bullPenId: 7 }, id: 'x' })).toEqual({
    type: 'room_subscribed',
    data: { bullPenId: 7, epoch, seq: 2, recovered: false },
    id: 'x',
  });
});

it('the answer to a subscribe has a position even in a room without events, and the first event follows it', async () => {
  const room = streamRoom();
  const { epoch, seq } = await dataOf(room);
  expect(seq).toBe(0);
  expect((await dataOf(room)).epoch).toBe(epoch);
  await append(room.deps, 'r', [inStream(1)]);
  expect(await dataOf(room, { since: { epoch, seq } })).toMatchObject({
    epoch,
    seq: 1,
    recovered: true,
    events: [{ seq: 1, prev: 0 }],
  });
});

it('the answer to a subscribe has what the client has missed, and then no snapshot even if it asked for one', async () => {
  const room = await roomWith({}, position('p'), {});
  const data = await dataOf(room, { ...(await sinceOf(room, 1)), snapshot: true });
  expect(data).toMatchObject({ recovered: true, seq: 3, events: [{ seq: 2 }, { seq: 3 }] });
  expect(data).not.toHaveProperty('snapshot');
  expect(data).not.toHaveProperty('reason');
});

it('the answer to a subscribe has a snapshot if the client asked for one', async () => {
  const data = await dataOf(await roomWith(position('p')), { snapshot: true });
  expect(data).toMatchObject({ recovered: false, snapshot: [{ seq: 1 }] });
  expect(data).not.toHaveProperty('reason');
});

it.each([
  ['epoch_changed', (room: StreamRoom) => ({ room, since: { epoch: 'another', seq: 1 } })],
  [
    'too_old',
    async (room: StreamRoom) => {
      await deliverNow(room);
      const { since } = await sinceOf(room, 1);
      await room.time.advance(600_000);
      return { room, since };
    },
  ],
])(
  'the answer to a subscribe has the reason %s, and a snapshot, if nothing is recovered',
  async (reason, lose) => {
    const { room, since } = await lose(await roomWith({}, position('p'), {}));
    const data = await dataOf(room, { ...(since !== undefined && { since }) });
    expect(data).toMatchObject({ recovered: false, reason, seq: 3, snapshot: [{ seq: 2 }] });
    expect(data).not.toHaveProperty('events');
  },
);

/** Orders that fill the frame but for so many bytes: each `é` has two. */
async function filled(spare: number, kind: (text: string) => EventOptions) {
  const parts = (text: string) => [kind('é'.repeat(30_000)), kind(text)];
  const empty = await roomWith(...parts(''));
  const { since = { epoch: '', seq: 0 } } = await sinceOf(empty, 0);
  const asked = kind('').type === undefined ? { since } : { snapshot: true };
  const answer = await subscribedAnswer(empty.deps, connection, 'r', requestOf(asked));
  const text = 'x'.repeat(MAX_MESSAGE_BYTES - encodeAnswer(answer).byteLength - spare);
  return { room: await roomWith(...parts(text)), asked };
}
const order = (text: string): EventOptions => ({ data: { text } });
const state = (text: string): EventOptions => ({
  type: 'position_update',
  data: { positionId: text.slice(0, 1), text },
});

it('the answer to a subscribe is whole up to the last byte of the UTF-8 frame', async () => {
  const { room, asked } = await filled(0, order);
  expect(await dataOf(room, asked)).toMatchObject({ recovered: true, events: [{ seq: 1 }, { seq: 2 }] });
});

it('the answer to a subscribe is too_large from the next byte on, with a snapshot instead', async () => {
  const { room, asked } = await filled(-1, order);
  const data = await dataOf(room, asked);
  expect(data).toMatchObject({ recovered: false, reason: 'too_large', snapshot: [] });
  expect(data).not.toHaveProperty('events');
});

it('the answer to a subscribe has no snapshot if that is too large as well, and says so', async () => {
  const large = (id: string) =>
    ({ type: 'position_update', data: { positionId: id, text: 'é'.repeat(40_000) } }) as const;
  const room = await roomWith(large('p'), large('q'));
  for (const asked of [{ snapshot: true }, await sinceOf(room, 0)]) {
    const data = await dataOf(room, asked);
    expect(data).toMatchObject({ recovered: false, reason: 'too_large', seq: 2 });
    expect(data).not.toHaveProperty('snapshot');
  }
});

it('the answer to a subscribe keeps its reason if only the snapshot is too large', async () => {
  const { room } = await filled(-1, state);
  const data = await dataOf(room, { since: { epoch: 'another', seq: 1 } });
  expect(data).toMatchObject({ recovered: false, reason: 'epoch_changed' });
  expect(data).not.toHaveProperty('snapshot');
});

it('no event is missing between the answer to a subscribe and the first live frame', async () => {
  const room = await roomWith({});
  const { store } = room.deps;
  await store.createConnection({ connectionId: 'c', connectedAt: START, ttl: START / 1000 + 7_800 });
  await auth(room.deps, 'c', {});
  room.calls.length = 0;
  await subscribe(room.deps, 'c', 'r');
  const [written, read] = ['putMembership', 'readCursor'].map((call) => room.calls.indexOf(call));
  expect(written).toBeGreaterThanOrEqual(0);
  expect(read).toBeGreaterThan(written ?? Number.NaN);
  expect(room.calls.filter((call) => call === 'readCursor')).toHaveLength(1);
});
