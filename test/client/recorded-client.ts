import type { ConnectionState, TradeRoomClientOptions } from '../../lib/client/api.ts';
import { createTradeRoomClient } from '../../lib/client/client.ts';
import { conflation } from '../../lib/protocol/conflation.ts';
import type { RoomEventType } from '../../lib/protocol/room-events.ts';

/** What crosses the border between a test and the browser in which the client runs: JSON. */
export interface RecordedClientOptions {
  /** `http://localhost:…` of the emulator. */
  endpoint: string;
  roomId: string;
  settings?: Pick<TradeRoomClientOptions, 'minBackoffMs' | 'maxBackoffMs' | 'reconnectAfterMs'>;
}

export interface RecordedEvent {
  type: RoomEventType;
  data: Record<string, unknown>;
  seq: number;
  replayed: boolean;
}

export interface Recording {
  events: RecordedEvent[];
  states: { state: ConnectionState; cause: string | undefined }[];
  /** One for every time that the room was subscribed to anew. */
  subscribed: { complete: boolean; reason?: string }[];
  tokens: number;
  connections: number;
}

export interface RecordedClient {
  recording: Recording;
  close(): void;
}

// Not `roomEventTypes`, which would bundle every schema.
const types = Object.keys(conflation) as RoomEventType[];

/** A client in one room that writes down what it is told. Runs in Node and in a browser. */
export function recordedClient(
  options: RecordedClientOptions,
  surroundings: Pick<TradeRoomClientOptions, 'WebSocket' | 'network'> = {},
): RecordedClient {
  const { endpoint, roomId, settings } = options;
  const recording: Recording = { events: [], states: [], subscribed: [], tokens: 0, connections: 0 };
  const client = createTradeRoomClient({
    url: endpoint.replace('http', 'ws'),
    async getToken() {
      recording.tokens += 1;
      const body = JSON.stringify({ sub: 'alice' });
      const response = await fetch(`${endpoint}/dev/token`, { method: 'POST', body });
      return ((await response.json()) as { token: string }).token;
    },
    ...settings,
    ...surroundings,
  });
  client.on('state', (state, cause) => recording.states.push({ state, cause: cause?.code }));
  client.on('frame', ({ text }) => {
    if (text.includes('"auth_success"') && text.includes('"id":1}')) recording.connections += 1;
  });
  const room = client.room(roomId);
  for (const type of types) {
    room.on(type, (data, { seq, replayed }) => recording.events.push({ type, data, seq, replayed }));
  }
  room.on('subscribed', (subscribed) => recording.subscribed.push(subscribed));
  return { recording, close: client.close };
}
