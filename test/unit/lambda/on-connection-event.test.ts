import { describe, expect, it } from 'vitest';
import type { WebSocketEvent, WebSocketHandler } from '../../../lib/lambda/websocket-routes.ts';
import { onConnect, onDisconnect } from '../../../lib/lambda/websocket-routes.ts';
import { memoryStore } from '../../support/memory-store.ts';
import { recordingGateway } from '../../support/recording-gateway.ts';
import { recordingLog } from '../../support/recording-log.ts';

type Context = WebSocketEvent['requestContext'];

const START = 1_790_000_000_000;
const eventOf = (eventType: Context['eventType'], body?: string): WebSocketEvent => ({
  requestContext: { connectionId: 'c=', eventType, connectedAt: 1, requestTimeEpoch: 2 },
  ...(body !== undefined && { body }),
});

/** A connection of alice, who is in two rooms and has left one. */
async function storeWithAlice() {
  const store = memoryStore({ clock: () => START });
  await store.createConnection({ connectionId: 'c=', connectedAt: START, ttl: START / 1000 + 60 });
  const user = { userId: 'alice', tokenExpiresAt: START + 60_000, allowedRooms: '*' as const };
  await store.setUser('c=', { user, sentAt: START });
  for (const [roomId, on] of Object.entries({ a: true, b: true, left: false }))
    await store.setRoom('c=', roomId, { on, sentAt: START, request: { echo: { roomId } } });
  return store;
}

function handlers() {
  const gateway = recordingGateway();
  const recorded = recordingLog();
  const touched: unknown[] = [];
  const deps = { gateway, log: recorded.log };
  const store = {
    ...memoryStore({ clock: () => START }),
    deleteConnection: async (connectionId: string) => void touched.push(connectionId),
  };
  return {
    gateway,
    recorded,
    touched,
    CONNECT: onConnect(deps, async ({ connectionId }) => void touched.push(connectionId)),
    DISCONNECT: onDisconnect({ ...deps, store }),
  };
}

describe.each(['CONNECT', 'DISCONNECT'] as const)('the handler of a %s', (eventType) => {
  const routeKey = `$${eventType.toLowerCase()}`;
  const handlerOf = (made: ReturnType<typeof handlers>): WebSocketHandler => made[eventType];

  it('the handler of a connection event hands over the connection and posts nothing', async () => {
    const made = handlers();
    expect(await handlerOf(made)(eventOf(eventType))).toEqual({ statusCode: 200 });
    expect(made.touched).toEqual(['c=']);
    expect(made.gateway.frames).toEqual([]);
  });

  it('the handler of a connection event refuses a client that names the route as its type, by a posted frame, and touches no row', async () => {
    const made = handlers();
    const body = JSON.stringify({ type: routeKey, data: { secret: 'S3cr3t' }, id: 7 });
    expect(await handlerOf(made)(eventOf('MESSAGE', body))).toEqual({ statusCode: 200 });
    expect([made.touched, made.recorded.lines]).toEqual([[], []]);
    expect(made.gateway.framesOf('c=')).toMatchObject([
      { type: 'error', data: { code: 'unknown_type', requestType: routeKey }, id: 7 },
    ]);
    expect(JSON.stringify(made.gateway.frames)).not.toContain('S3cr3t');
  });

  it('the handler of a connection event answers 200 even if the refusal reaches nobody', async () => {
    const made = handlers();
    made.gateway.drop('c=');
    const event = eventOf('MESSAGE', `{"type":"${routeKey}"}`);
    expect(await handlerOf(made)(event)).toEqual({ statusCode: 200 });
  });
});

it('a connection that cannot be recorded is refused by a throw, and leaves a line with its id', async () => {
  const recorded = recordingLog();
  const failing = onConnect({ gateway: recordingGateway(), log: recorded.log }, () =>
    Promise.reject(new Error('no table')),
  );
  await expect(failing(eventOf('CONNECT'))).rejects.toThrow('no table');
  expect(recorded.lines).toEqual([
    {
      level: 'error',
      name: 'connect_failed',
      fields: { connectionId: 'c=', error: new Error('no table') },
    },
  ]);
});

it('a disconnect leaves one line: whose connection it was, in how many rooms, and how it was closed', async () => {
  const recorded = recordingLog();
  const handler = onDisconnect({
    gateway: recordingGateway(),
    log: recorded.log,
    store: await storeWithAlice(),
  });
  const event = eventOf('DISCONNECT');
  await handler({ requestContext: { ...event.requestContext, disconnectStatusCode: 1001 } });
  expect(recorded.lines).toEqual([
    {
      level: 'info',
      name: 'disconnected',
      fields: { connectionId: 'c=', userId: 'alice', rooms: 2, code: '1001' },
    },
  ]);
});

it('a disconnect whose rows cannot be removed fails, so that Lambda counts it, and leaves a line with its id', async () => {
  const recorded = recordingLog();
  const store = {
    ...memoryStore({ clock: () => START }),
    deleteConnection: () => Promise.reject(new Error('no table')),
  };
  const handler = onDisconnect({ gateway: recordingGateway(), log: recorded.log, store });
  await expect(handler(eventOf('DISCONNECT'))).rejects.toThrow('no table');
  expect(recorded.lines).toMatchObject([{ name: 'disconnect_failed', fields: { connectionId: 'c=' } }]);
});
