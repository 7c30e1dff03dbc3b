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
}

export function createConnections(): Connections {
  const open = new Map<string, ClientEnd>();
  return {
    open: (connectionId, client) => void open.set(connectionId, client),
    drop: (connectionId) => void open.delete(connectionId),
    isOpen: (connectionId) => open.has(connectionId),
    post(connectionId, frame) {
      const client = open.get(connectionId);
      client?.onFrame(frame);
      return client === undefined ? 'gone' : 'delivered';
    },
    close(connectionId) {
      const client = open.get(connectionId);
      open.delete(connectionId);
      client?.onClose();
      return client === undefined ? 'gone' : 'delivered';
    },
  };
}
