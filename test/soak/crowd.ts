import type { Stack } from '../support/start-stack.ts';
import { connect, type Frame, type TestClient } from '../support/test-client.ts';

const AT_ONCE = 10;

/** Clients that come, hear one event and leave, politely or not: as many at once as `AT_ONCE`. */
export interface Crowd {
  /** Goes on until `isOver`. */
  run(isOver: (rounds: number) => boolean): Promise<void>;
  readonly counts: Readonly<CrowdCounts>;
}

interface CrowdCounts {
  rounds: number;
  frames: number;
  recoveries: number;
  snapshots: number;
  /** Of them those that heard no event: on a machine that is too busy a call may run out of its time. */
  interrupted: number;
}

export function createCrowd(stack: Stack, rooms: readonly string[], token: string): Crowd {
  const counts: CrowdCounts = { rounds: 0, frames: 0, recoveries: 0, snapshots: 0, interrupted: 0 };
  /** The newest event that anybody has of a room. */
  const positions = new Map<string, { epoch: unknown; seq: unknown }>();

  async function round(number: number): Promise<void> {
    const roomId = rooms[number % rooms.length] ?? '';
    const client = await connect(stack.endpoint);
    try {
      client.send({ type: 'auth', data: { token } });
      client.send({ type: 'subscribe_room', data: { roomId, ...beginningOf(number, roomId) } });
      await hear(client, roomId);
      leave(client, number);
      await client.closed;
    } finally {
      counts.frames += client.frames.length;
      client.terminate();
    }
  }

  async function hear(client: TestClient, roomId: string): Promise<void> {
    const answer = await nextFrame(client, ({ type }) => type === 'room_subscribed');
    if (answer.data['recovered'] === true) counts.recoveries += 1;
    if (answer.data['snapshot'] !== undefined) counts.snapshots += 1;
    const { epoch, seq } = await nextFrame(client, (frame) => frame['seq'] !== undefined);
    positions.set(roomId, { epoch, seq });
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
          await round(counts.rounds).catch(() => {
            counts.interrupted += 1;
          });
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    },
  };
}

/** Rejects at an error, API Gateway's own among them, which has no type; when nothing comes; when the server closes. */
async function nextFrame(client: TestClient, isAwaited: (frame: Frame) => boolean): Promise<Frame> {
  for (;;) {
    const frame = await client.next();
    if (frame.type === 'error' || frame.type === undefined) throw new Error(JSON.stringify(frame));
    if (isAwaited(frame)) return frame;
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
