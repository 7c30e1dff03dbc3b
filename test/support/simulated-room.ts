import type { ScriptedSocket } from './scripted-web-socket.ts';

/** A room of the server by docs/protocol.md, as far as a client can see it: its log, and what each connection is sent. */
export interface SimulatedRoom {
  /** The numbers of all events so far. */
  log: number[];
  publish(): void;
  /** The server takes the connection's next message, if there is one. */
  serve(socket: ScriptedSocket): void;
  /** The connection's next frame arrives, if there is one. */
  deliver(socket: ScriptedSocket): void;
  /** The same frame arrives twice: a function of the server died behind its post. */
  deliverTwice(socket: ScriptedSocket): void;
  /** A frame is lost, and the connection stays: a room that is too large to be served in time. */
  lose(socket: ScriptedSocket): void;
}

interface Link {
  served: number;
  isMember: boolean;
  frames: object[];
}

const EPOCH = 'epoch-1';

export function simulatedRoom(isConnected: (socket: ScriptedSocket) => boolean): SimulatedRoom {
  const log: number[] = [];
  const links = new Map<ScriptedSocket, Link>();
  const linkOf = (socket: ScriptedSocket): Link => {
    const link = links.get(socket) ?? { served: 0, isMember: false, frames: [] };
    links.set(socket, link);
    return link;
  };
  const frame = (seq: number) => ({
    type: 'order_executed',
    data: { orderId: seq },
    roomId: '42',
    id: `order-${seq}`,
    publishedAt: seq,
    epoch: EPOCH,
    seq,
    prev: seq - 1,
  });

  function answer(type: string, data: Record<string, unknown>): { type: string; data: object } {
    if (type === 'auth') return { type: 'auth_success', data: { userId: 'alice', expiresAt: 1e15 } };
    if (type === 'ping') return { type: 'pong', data: { rooms: { 42: log.length } } };
    if (type === 'unsubscribe_room') return { type: 'room_unsubscribed', data: { roomId: '42' } };
    const since = data['since'] as { seq: number } | undefined;
    const position = { roomId: '42', epoch: EPOCH, seq: log.length };
    return {
      type: 'room_subscribed',
      data: since
        ? { ...position, recovered: true, events: log.slice(since.seq).map(frame) }
        : { ...position, recovered: false, snapshot: [] },
    };
  }

  function pass(socket: ScriptedSocket, send: (frame: object) => void): void {
    const next = linkOf(socket).frames.shift();
    if (next !== undefined && isConnected(socket)) send(next);
  }

  return {
    log,
    publish() {
      log.push(log.length + 1);
      for (const { isMember, frames } of links.values()) if (isMember) frames.push(frame(log.length));
    },
    serve(socket) {
      const link = linkOf(socket);
      const message = socket.sent[link.served];
      if (message === undefined || !isConnected(socket)) return;
      link.served += 1;
      if (message.type === 'subscribe_room') link.isMember = true;
      if (message.type === 'unsubscribe_room') link.isMember = false;
      link.frames.push({ ...answer(message.type, message.data), id: message.id });
    },
    deliver: (socket) => pass(socket, (next) => socket.send(next)),
    deliverTwice: (socket) =>
      pass(socket, (next) => {
        socket.send(next);
        socket.send(next);
      }),
    lose(socket) {
      const { frames } = linkOf(socket);
      const index = frames.findIndex((next) => 'seq' in next);
      if (index !== -1) frames.splice(index, 1);
    },
  };
}
