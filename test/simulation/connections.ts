import type { PostOutcome } from '../../lib/core/ports.ts';

/** One end of a WebSocket connection: what API Gateway does to the client. */
export interface ClientEnd {
  onFrame(text: string): void;
  onClose(): void;
}

/** The open connections of API Gateway. */
export interface Connections {
  open(connectionId: string, client: ClientEnd): void;
  /** The client goes away. */
  drop(connectionId: string): void;
  isOpen(connectionId: string): boolean;
  /** What `@connections` does when a call arrives. */
  post(connectionId: string, frame: string): PostOutcome;
  close(connectionId: string): PostOutcome;
  /** The client reads nothing until `until`: every post is answered 429. */
  stopReading(connectionId: string, until: number): void;
  /** Remembers that a frame was answered with 429. */
  refused(connectionId: string, frame: string): void;
  /**
   * Whether a frame was answered with 429 whose number is above `after` and up to `upTo`, or that belongs to a later epoch.
   * Then the client may miss it.
   */
  wasRefused(connectionId: string, room: RoomEpoch, after: number, upTo: number): boolean;
}

export interface RoomEpoch {
  roomId: string;
  epoch: string | undefined;
}

export function createConnections(now: () => number): Connections {
  const open = new Map<string, ClientEnd>();
  const slowUntil = new Map<string, number>();
  /** Connection and room → positions. */
  const refusedAt = new Map<string, { epoch: string; seq: number }[]>();

  return {
    open: (connectionId, client) => void open.set(connectionId, client),
    drop: (connectionId) => void open.delete(connectionId),
    isOpen: (connectionId) => open.has(connectionId),
    post(connectionId, frame) {
      const client = open.get(connectionId);
      if (client !== undefined && now() < (slowUntil.get(connectionId) ?? 0)) return 'throttled';
      client?.onFrame(frame);
      return client === undefined ? 'gone' : 'delivered';
    },
    close(connectionId) {
      const client = open.get(connectionId);
      open.delete(connectionId);
      client?.onClose();
      return client === undefined ? 'gone' : 'delivered';
    },
    stopReading: (connectionId, until) => void slowUntil.set(connectionId, until),
    refused(connectionId, frame) {
      const { type, data, ...event } = JSON.parse(frame);
      for (const { seq, ...room } of type === 'batch' ? data.events : [event]) {
        const name = `${connectionId} ${room.roomId}`;
        refusedAt.set(name, [...(refusedAt.get(name) ?? []), { epoch: room.epoch, seq }]);
      }
    },
    wasRefused: (connectionId, { roomId, epoch = '' }, after, upTo) =>
      // The name of an epoch begins with its time.
      (refusedAt.get(`${connectionId} ${roomId}`) ?? []).some((at) =>
        at.epoch === epoch ? after < at.seq && at.seq <= upTo : at.epoch > epoch,
      ),
  };
}
