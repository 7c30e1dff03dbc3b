import type {
  ConnectionState,
  TradeRoomClient,
  TradeRoomClientOptions,
  TradeRoomError,
} from '../../lib/client/api.ts';
import { createTradeRoomClient } from '../../lib/client/client.ts';
import { type ManualTime, manualTime } from './manual-time.ts';
import { type ScriptedSocket, scriptedWebSocket } from './scripted-web-socket.ts';

/** A client on a clock that stands still, whose server is the test. */
export interface ScriptedClient {
  client: TradeRoomClient;
  time: ManualTime;
  sockets: ScriptedSocket[];
  /** The newest connection. */
  socket(): ScriptedSocket;
  /** Opens the newest connection and takes its token. */
  accept(expiresInMs?: number): Promise<ScriptedSocket>;
  /** Lets everything run that waits for nothing but promises. */
  settle(): Promise<void>;
  states: { state: ConnectionState; cause: TradeRoomError['code'] | undefined }[];
  errors: TradeRoomError[];
}

const HOUR_MS = 3_600_000;

/** Without jitter: a delay is as long as it may be, unless `random` is given. */
export function scriptedClient(options: Partial<TradeRoomClientOptions> = {}): ScriptedClient {
  const time = manualTime();
  const { WebSocket, sockets } = scriptedWebSocket();
  const client = createTradeRoomClient({
    url: 'wss://rooms.example.com',
    getToken: () => 'token',
    WebSocket,
    time,
    random: () => 1,
    ...options,
  });
  const states: ScriptedClient['states'] = [];
  const errors: TradeRoomError[] = [];
  client.on('state', (state, cause) => states.push({ state, cause: cause?.code }));
  client.on('error', (error) => errors.push(error));
  const settle = () => time.advance(0);
  const socket = () => {
    const newest = sockets.at(-1);
    if (newest === undefined) throw new Error('The client has not connected');
    return newest;
  };
  return {
    client,
    time,
    sockets,
    socket,
    settle,
    states,
    errors,
    async accept(expiresInMs = 10 * HOUR_MS) {
      await settle();
      socket().open();
      socket().answer('auth', 'auth_success', { userId: 'alice', expiresAt: time.now() + expiresInMs });
      await settle();
      return socket();
    },
  };
}

/** An order with this number, in room 42. */
export function order(seq: number, prev: number = seq - 1, epoch = 'epoch-1') {
  return {
    type: 'order_executed',
    data: { orderId: seq },
    roomId: '42',
    id: `order-${seq}`,
    publishedAt: 1_790_000_000_000 + seq,
    epoch,
    seq,
    prev,
  };
}

/** A value of a state, in room 42. */
export function price(seq: number, positionId: number, currentPrice: number, prev: number = seq - 1) {
  return { ...order(seq, prev), type: 'position_update', data: { positionId, currentPrice } };
}

/** The answer to a subscribe of room 42 that had nothing before. */
export const fresh = (seq = 0, epoch = 'epoch-1') => ({
  roomId: '42',
  epoch,
  seq,
  recovered: false,
  snapshot: [] as object[],
});
