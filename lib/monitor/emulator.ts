import type { RoomEventType } from '../protocol/room-events.ts';

export interface EmulatorConnection {
  connectionId: string;
  connectedAt: string;
  throttled: boolean;
  userId?: string;
  rooms: Record<string, string>;
}

export interface EmulatorInvocation {
  number: number;
  functionName: string;
  durationMs: number;
  ok: boolean;
  errorType?: string;
  errorMessage?: string;
}

/** The emulator's paths for pages; see docs/local.md. All functions reject with an error whose message is a sentence. */
export interface Emulator {
  token(userId: string): Promise<string>;
  connections(): Promise<EmulatorConnection[]>;
  invocations(after: number): Promise<{ last: number; invocations: EmulatorInvocation[] }>;
  act(connectionId: string, action: 'drop' | 'expire-token'): Promise<void>;
  throttle(connectionId: string, throttled: boolean): Promise<void>;
  putEvent(type: RoomEventType, roomId: string, data: object): Promise<void>;
}

export function connectEmulator(request: typeof fetch): Emulator {
  const ask = async (path: string, init?: RequestInit): Promise<unknown> => {
    const response = await request(path, init);
    const body: unknown = response.status === 204 ? undefined : await response.json();
    if (response.ok) return body;
    throw new Error((body as { error?: string })?.error ?? `${path} answered ${response.status}`);
  };
  const post = (path: string, body?: object) =>
    ask(path, { method: 'POST', ...(body && { body: JSON.stringify(body) }) });
  const pathOf = (connectionId: string) => `/dev/connections/${encodeURIComponent(connectionId)}`;
  const stack = once(() => ask('/dev/stack') as Promise<{ eventBus: string }>);

  return {
    async token(sub) {
      // With this claim the monitor may see every room, also with ROOM_ACCESS=claim.
      const answer = await post('/dev/token', { sub, claims: { rooms: ['*'] } });
      return (answer as { token: string }).token;
    },
    connections: () => ask('/dev/connections') as Promise<EmulatorConnection[]>,
    invocations: (after) =>
      ask(`/dev/invocations?after=${after}`) as Promise<{ last: number; invocations: EmulatorInvocation[] }>,
    async act(connectionId, action) {
      await post(`${pathOf(connectionId)}/${action}`);
    },
    async throttle(connectionId, throttled) {
      await post(`${pathOf(connectionId)}/throttle`, { throttled });
    },
    async putEvent(type, roomId, data) {
      const { eventBus } = await stack();
      const detail = { roomId, data, id: crypto.randomUUID(), publishedAt: Date.now() };
      const entry = { EventBusName: eventBus, Source: 'trade-room.monitor', DetailType: type };
      const answer = await ask('/', {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'AWSEvents.PutEvents',
          // The emulator checks that a request is signed, but not by whom.
          authorization: 'AWS4-HMAC-SHA256 Credential=monitor',
        },
        body: JSON.stringify({ Entries: [{ ...entry, Detail: JSON.stringify(detail) }] }),
      });
      const [result] = (answer as { Entries: { ErrorMessage?: string }[] }).Entries;
      if (result?.ErrorMessage !== undefined) throw new Error(result.ErrorMessage);
    },
  };
}

/** Calls `ask` until it succeeds once, and then returns that answer. */
function once<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let answer: Promise<Answer> | undefined;
  return () => {
    answer ??= ask().catch((error) => {
      answer = undefined;
      throw error;
    });
    return answer;
  };
}
