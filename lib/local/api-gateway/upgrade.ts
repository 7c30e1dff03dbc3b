import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { decideConnect } from './connect-decision.ts';
import { connectEvent } from './connect-event.ts';
import type { Client } from './connection.ts';
import { type Gateway, newId } from './gateway.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';

/** How long a client may take to answer a close frame before its socket is cut. */
const CLOSING_HANDSHAKE_MS = 2_000;

export interface Upgrade {
  /** Takes over the socket of an HTTP upgrade, whatever its path. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface UpgradeEvents {
  /** Called before anything that the client sent is read. */
  onEstablished(client: Client, webSocket: WebSocket, socket: Duplex): void;
  /** `$connect` succeeded, but its client was gone by then. */
  onAbandoned(client: Client): void;
}

interface Handshake {
  client: Client;
  subprotocol: string | undefined;
  isEstablished: boolean;
}

/** The opening handshake: `$connect` runs before the 101, and its answer decides. */
export function createUpgrade(gateway: Gateway, events: UpgradeEvents): Upgrade {
  const handshakes = new WeakMap<IncomingMessage, Handshake>();
  // @types/ws does not know closeTimeout yet.
  const options: ServerOptions & { closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    closeTimeout: CLOSING_HANDSHAKE_MS,
    // A subprotocol is chosen by the function behind $connect or not at all.
    handleProtocols: (_offered, request) => handshakes.get(request)?.subprotocol ?? false,
    // `ws` calls this once it has checked the request, so that a malformed one never reaches $connect.
    verifyClient: ({ req: request }, respond) => void connect(request, respond),
  };
  const server = new WebSocketServer(options);

  const connect = async (request: IncomingMessage, respond: Respond) => {
    const client = newClient(gateway, request);
    const event = connectEvent(gateway, client, request);
    const decision = await decideConnect(gateway, event);
    if (!decision.accepted) {
      respond(false, decision.statusCode, decision.body, { 'Content-Type': 'application/json' });
      return;
    }
    const handshake: Handshake = { client, subprotocol: decision.subprotocol, isEstablished: false };
    handshakes.set(request, handshake);
    respond(true);
    // `ws` only destroys the socket when the client has gone meanwhile.
    if (!handshake.isEstablished) events.onAbandoned(client);
  };

  return {
    accept(request, socket, head) {
      server.handleUpgrade(request, socket, head, (webSocket) => {
        const handshake = handshakes.get(request);
        if (handshake === undefined) return webSocket.terminate();
        handshake.isEstablished = true;
        events.onEstablished(handshake.client, webSocket, socket);
      });
    },
  };
}

type Respond = (accepted: boolean, code?: number, message?: string, headers?: Record<string, string>) => void;

function newClient(gateway: Gateway, request: IncomingMessage): Client {
  return {
    connectionId: newId(gateway),
    connectedAt: gateway.time.now(),
    sourceIp: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    userAgent: request.headers['user-agent'],
  };
}
