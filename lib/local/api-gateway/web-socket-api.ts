import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  ABNORMAL,
  type Client,
  type Closing,
  endConnection,
  GOING_AWAY,
  isOpen,
  NOT_READING,
  type OpenConnection,
} from './connection.ts';
import type { Gateway } from './gateway.ts';
import { CLIENT_BUFFER_BYTES } from './gateway.ts';
import { selectionPath } from './messages.ts';
import { disconnectEvent } from './route-events.ts';
import { serveConnection } from './serve-connection.ts';
import type { Throttling } from './throttling.ts';
import { createUpgrade } from './upgrade.ts';

/** A WebSocket API of API Gateway. */
export interface WebSocketApiServer {
  throttling: Throttling;
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** The connection with this id, if it is established and not closing. */
  find(connectionId: string): OpenConnection | undefined;
  connections(): OpenConnection[];
  /** How many connections were ended because their clients did not read. */
  cutOff(): number;
  /** Closes every connection with 1001 and waits for its end; `$disconnect` runs for each. A client that does not answer is cut off. */
  close(): Promise<void>;
}

/** @throws Error for a route selection expression that is not supported. */
export function createWebSocketApi(gateway: Gateway): WebSocketApiServer {
  selectionPath(gateway.api.routeSelectionExpression);
  const connections = new Map<string, OpenConnection>();
  const ends = new Set<Promise<void>>();
  let isClosing = false;
  let cutOff = 0;
  const countCutOff = (connectionId: string) => {
    cutOff += 1;
    const limit = `${CLIENT_BUFFER_BYTES / 2 ** 20} MB`;
    gateway.print(
      `api: connection ${connectionId} is cut off: its client does not read, and ${limit} of answers wait for it; ${cutOff} so far`,
    );
  };
  const endAll = () => {
    for (const connection of connections.values()) endConnection(connection, GOING_AWAY);
  };

  const upgrade = createUpgrade(gateway, {
    onEstablished(client, webSocket, socket) {
      const connection: OpenConnection = { ...client, webSocket, lastActiveAt: client.connectedAt };
      connections.set(client.connectionId, connection);
      const end = serveConnection(gateway, connection, socket).then((closing) => {
        connections.delete(client.connectionId);
        ends.delete(end);
        if (closing === NOT_READING) countCutOff(client.connectionId);
        runDisconnect(gateway, client, closing);
      });
      ends.add(end);
      if (isClosing) endAll();
    },
    onAbandoned: (client) => runDisconnect(gateway, client, ABNORMAL),
  });

  return {
    throttling: gateway.throttling,
    accept(request, socket, head) {
      if (isClosing) socket.destroy();
      else upgrade.accept(request, socket, head);
    },
    find(connectionId) {
      const connection = connections.get(connectionId);
      return connection !== undefined && isOpen(connection) ? connection : undefined;
    },
    connections: () => [...connections.values()],
    cutOff: () => cutOff,
    async close() {
      isClosing = true;
      endAll();
      await Promise.all(ends);
    },
  };
}

function runDisconnect(gateway: Gateway, client: Client, closing: Closing): void {
  const route = gateway.api.routes['$disconnect'];
  if (route) void gateway.invoke(route.function, disconnectEvent(gateway, client, closing));
}
