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
  /** What `@connections` does at the moment in which a call lands. */
  post(connectionId: string, frame: string): PostOutcome;
  close(connectionId: string): PostOutcome;
  /** The client reads nothing until then: every post is answered 429. */
  stopReading(connectionId: string, until: number): void;
  /** Remembers that a frame was answered with 429. */
  refused(connectionId: string, frame: string): void;
  /** Whether a frame of an event behind `after` and up to `upTo` was: then the client may have a gap there. */
  wasRefused(connectionId: string, room: RoomEpoch, after: number, upTo: number): boolean;
}

export interface RoomEpoch {
  roomId: string;
  epoch: string | undefined;
}

export function createConnections(now: () => number): Connections {
  const open = new Map<string, ClientEnd>();
  const slowUntil = new Map<string, number>();
  /** Connection, room and epoch → numbers. */
  const refusedSeqs = new Map<string, Set<number>>();
  const nameOf = (connectionId: string, { roomId, epoch }: RoomEpoch) => `${connectionId} ${roomId} ${epoch}`;

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
        const name = nameOf(connectionId, room);
        refusedSeqs.set(name, (refusedSeqs.get(name) ?? new Set()).add(seq));
      }
    },
    wasRefused: (connectionId, room, after, upTo) =>
      [...(refusedSeqs.get(nameOf(connectionId, room)) ?? [])].some((seq) => after < seq && seq <= upTo),
  };
}
