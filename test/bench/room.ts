import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { WebSocket } from 'ws';
import { LOCAL_NAME } from '../../lib/config/local-stack.ts';
import { forEachConcurrently } from '../../lib/core/for-each-concurrently.ts';
import { dynamoDbStore } from '../../lib/store/dynamodb-store.ts';
import { applicationClients } from '../support/application-clients.ts';
import { root } from '../support/start-local.ts';
import type { BenchOptions } from './benches.ts';
import { median } from './median.ts';
import { SAMPLE_SOURCE } from './sample-source.ts';

const AIM = { members: 1_000, ratio: 3 } as const;
const DATA = { symbol: 'AAPL', quantity: 10, note: 'x'.repeat(400) };

/** Milliseconds from PutEvents, or the request, until the last client has the frame; medians. */
export interface RoomFigures {
  members: number;
  ours: number;
  /** Until the first client has it. */
  oursFirst: number;
  sample: number;
  sampleFirst: number;
  bare: number;
}

export async function benchRoom({ quick }: BenchOptions): Promise<string> {
  const server = await startRoomServer();
  const figures: RoomFigures[] = [];
  for (const members of quick ? [30] : [100, 1_000, 5_000]) {
    figures.push(await measureRoom(server, members, quick ? 1 : 9));
  }
  await server.close();
  return roomTable(figures);
}

export interface RoomServer {
  shim: string;
  bare: string;
  close(): Promise<void>;
}

/** The shim, and a bare `ws` server, in a process of their own; the clients are in this one. */
export async function startRoomServer(): Promise<RoomServer> {
  const child = fork(join(root, 'test/bench/room-server.ts'), { execArgv: ['--import', 'tsx'], cwd: root });
  const [addresses] = await once(child, 'message');
  return {
    ...addresses,
    async close() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

/** The sides take turns; one more round before them warms up. */
export async function measureRoom(server: RoomServer, members: number, rounds: number): Promise<RoomFigures> {
  const roomId = `room-of-${members}`;
  const [viaShim, direct] = [
    await connectCrowd(server.shim, members),
    await connectCrowd(server.bare, members),
  ];
  await joinAll(server.shim, roomId, members);
  const { eventBridge } = applicationClients(server.shim);
  const publish = async (source: string) => {
    const detail = JSON.stringify({ roomId, data: DATA });
    const entry = { EventBusName: LOCAL_NAME, DetailType: 'position_update', Detail: detail };
    await eventBridge.send(new PutEventsCommand({ Entries: [{ ...entry, Source: source }] }));
  };
  const frame = JSON.stringify({ type: 'position_update', data: DATA, roomId });
  const sides = [
    { crowd: viaShim, send: () => publish('trade-room.bench') },
    { crowd: viaShim, send: () => publish(SAMPLE_SOURCE) },
    { crowd: direct, send: () => fetch(server.bare, { method: 'POST', body: frame }) },
  ];
  const samples = sides.map(() => ({ first: [] as number[], last: [] as number[] }));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [side, { crowd, send }] of sides.entries()) {
      const { first, last } = await crowd.timed(send);
      if (round === 0) continue;
      samples[side]?.first.push(first);
      samples[side]?.last.push(last);
    }
  }
  for (const crowd of [viaShim, direct]) crowd.terminate();
  const [ours, sample, bare] = samples.map(({ first, last }) => ({
    first: median(first),
    last: median(last),
  }));
  return {
    members,
    ours: ours?.last ?? Number.NaN,
    oursFirst: ours?.first ?? Number.NaN,
    sample: sample?.last ?? Number.NaN,
    sampleFirst: sample?.first ?? Number.NaN,
    bare: bare?.last ?? Number.NaN,
  };
}

interface Crowd {
  /** Sends, and resolves when everybody has a frame; milliseconds until the first and the last have. */
  timed(send: () => Promise<unknown>): Promise<{ first: number; last: number }>;
  terminate(): void;
}

async function connectCrowd(endpoint: string, members: number): Promise<Crowd> {
  const clients: WebSocket[] = [];
  let onFrame: () => void = () => undefined;
  await forEachConcurrently(Array.from({ length: members }), 50, async () => {
    const client = new WebSocket(endpoint.replace('http', 'ws'));
    client.on('message', () => onFrame());
    await once(client, 'open');
    clients.push(client);
  });
  return {
    async timed(send) {
      const begun = performance.now();
      const times: number[] = [];
      const all = new Promise<void>((resolve) => {
        onFrame = () => {
          times.push(performance.now() - begun);
          if (times.length === members) resolve();
        };
      });
      await Promise.all([send(), all]);
      return { first: times[0] ?? Number.NaN, last: times.at(-1) ?? Number.NaN };
    },
    terminate() {
      for (const client of clients) client.terminate();
    },
  };
}

/** Makes everybody who is connected a member, by rows: thousands of clients that authenticate would take minutes. */
async function joinAll(shim: string, roomId: string, members: number): Promise<void> {
  const { dynamoDb } = applicationClients(shim);
  const store = dynamoDbStore({ client: dynamoDb, tableName: LOCAL_NAME, clock: Date.now });
  const connections = await connectionsOf(shim, members);
  const tokenExpiresAt = Date.now() + 3_600_000;
  const member = {
    roomId,
    version: 1,
    on: true,
    userId: 'bench',
    tokenExpiresAt,
    ttl: tokenExpiresAt / 1000,
  };
  await forEachConcurrently(connections, 50, async ({ connectionId }) => {
    await store.putMembership({ ...member, connectionId });
  });
}

/** Those of the room before may not have gone yet. */
async function connectionsOf(shim: string, members: number): Promise<{ connectionId: string }[]> {
  for (;;) {
    const response = await fetch(`${shim}/dev/connections`);
    const connections = (await response.json()) as { connectionId: string }[];
    if (connections.length === members) return connections;
  }
}

/** The figures as a Markdown table, the aim beside them. */
export function roomTable(figures: readonly RoomFigures[]): string {
  const rows = figures.map(({ members, ours, oursFirst, sample, sampleFirst, bare }) => {
    const ratio = sample / ours;
    const met = members === AIM.members ? (ratio >= AIM.ratio ? 'yes' : 'no') : '';
    const cells = [oursFirst, ours, sampleFirst, sample, bare].map((milliseconds) => milliseconds.toFixed(0));
    return `| ${members.toLocaleString('en-US')} | ${cells.join(' | ')} | ${ratio.toFixed(1)} | ${(ours / bare).toFixed(1)} | ${met} |`;
  });
  return [
    `| clients | first, ms | last, ms | sample: first | sample: last | bare \`ws\` loop: last | times faster than the sample | times the bare loop | ≥ ${AIM.ratio} |`,
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
