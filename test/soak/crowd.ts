import type { Stack } from '../support/start-stack.ts';
import { connect, type Frame, type TestClient } from '../support/test-client.ts';

const AT_ONCE = 20;

/** Clients that come, hear one event and leave, politely or not: as many at once as `AT_ONCE`. */
export interface Crowd {
  /** Goes on until `isOver`; rejects with the first client that has waited in vain. */
  run(isOver: (rounds: number) => boolean): Promise<void>;
  readonly counts: Readonly<CrowdCounts>;
}

interface CrowdCounts {
  rounds: number;
  frames: number;
  recoveries: number;
  snapshots: number;
}

export function createCrowd(stack: Stack, rooms: readonly string[], token: string): Crowd {
  const counts: CrowdCounts = { rounds: 0, frames: 0, recoveries: 0, snapshots: 0 };
  /** The newest event that anybody has of a room. */
  const positions = new Map<string, { epoch: unknown; seq: unknown }>();

  async function round(number: number): Promise<void> {
    const roomId = rooms[number % rooms.length] ?? '';
    const client = await connect(stack.endpoint);
    client.send({ type: 'auth', data: { token } });
    client.send({ type: 'subscribe_room', data: { roomId, ...beginningOf(number, roomId) } });
    const { data } = await client.nextOf('room_subscribed');
    if (data['recovered'] === true) counts.recoveries += 1;
    if (data['snapshot'] !== undefined) counts.snapshots += 1;
    const { epoch, seq } = await nextEvent(client);
    positions.set(roomId, { epoch, seq });
    counts.frames += client.frames.length;
    leave(client, number);
    await client.closed;
  }

  /** A third of the clients was away, a third has nothing yet, a third does not ask. */
  function beginningOf(number: number, roomId: string): object {
    const since = positions.get(roomId);
    if (number % 3 === 0 && since !== undefined) return { since };
    return number % 3 === 1 ? { snapshot: true } : {};
  }

  return {
    counts,
    async run(isOver) {
      const work = async () => {
        while (!isOver(counts.rounds)) {
          counts.rounds += 1;
          await round(counts.rounds);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    },
  };
}

async function nextEvent(client: TestClient): Promise<Frame> {
  for (;;) {
    const frame = await client.next();
    if (frame['seq'] !== undefined) return frame;
  }
}

function leave(client: TestClient, number: number): void {
  switch (number % 4) {
    case 0:
      client.webSocket.close();
      return;
    case 1:
      break;
    case 2:
      // Its handler is still running when the connection is gone.
      client.send({ type: 'subscribe_room', data: { roomId: 'another' } });
      break;
    default:
      // The header of a masked text frame of 126 bytes, and no more.
      client.rawSocket.write(Buffer.from([0x81, 0xfe, 0, 126]));
  }
  client.terminate();
}
