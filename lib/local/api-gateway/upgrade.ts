import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import type { InvocationResult } from '../invoke.ts';
import type { Client } from './connection.ts';
import { type Gateway, MAX_MESSAGE_BYTES, newId } from './gateway.ts';
import { integrate } from './messages.ts';
import { connectEvent } from './route-events.ts';
import { TOO_MANY_REQUESTS } from './throttling.ts';

/** How long a client may take to answer a close frame before its socket is destroyed. */
const CLOSING_HANDSHAKE_MS = 2_000;

export interface Upgrade {
  /** Takes over the socket of an HTTP upgrade on any path. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

interface UpgradeEvents {
  /** Called before any data of the client is read. */
  onEstablished(client: Client, webSocket: WebSocket, socket: Duplex): void;
  /** Called if `$connect` succeeded after the client had gone. */
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
    // Only the function of $connect chooses a subprotocol.
    handleProtocols: (_offered, request) => handshakes.get(request)?.subprotocol ?? false,
    // `ws` calls this after it has checked the request, so that a malformed request never reaches $connect.
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
    // If the client has gone during $connect, `ws` destroys the socket and calls nothing.
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

type ConnectDecision =
  | { accepted: true; subprotocol: string | undefined }
  | { accepted: false; statusCode: number; body: string };

/** The part of the function's answer that decides on the connection. */
interface ConnectAnswer {
  statusCode?: unknown;
  headers?: Record<string, unknown> | null;
}

/**
 * Runs `$connect`. An API without that route accepts every client. If the function fails, the client gets 502; above the
 * quotas it gets 429.
 */
async function decideConnect(
  gateway: Gateway,
  event: ReturnType<typeof connectEvent>,
): Promise<ConnectDecision> {
  if (!gateway.throttling.admitsConnection()) return refusal(event, 429, TOO_MANY_REQUESTS);
  const route = gateway.api.routes['$connect'];
  if (route === undefined) return { accepted: true, subprotocol: undefined };
  const result = await integrate(gateway, route.function, event);
  const statusCode = statusOf(result);
  if (result.ok && statusCode >= 200 && statusCode < 300) {
    return { accepted: true, subprotocol: subprotocolOf(result.payload as ConnectAnswer) };
  }
  return refusal(event, statusCode, statusCode >= 500 ? 'Internal server error' : 'Forbidden');
}

function refusal(
  { requestContext: { connectionId, requestId } }: ReturnType<typeof connectEvent>,
  statusCode: number,
  message: string,
): ConnectDecision {
  return { accepted: false, statusCode, body: JSON.stringify({ message, connectionId, requestId }) };
}

/** 502 for an answer without a valid status code, as for a function that threw. */
function statusOf(result: InvocationResult): number {
  const statusCode = result.ok ? (result.payload as ConnectAnswer | null)?.statusCode : undefined;
  const isHttpStatus = typeof statusCode === 'number' && statusCode >= 200 && statusCode <= 599;
  return isHttpStatus ? statusCode : 502;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html */
function subprotocolOf(answer: ConnectAnswer): string | undefined {
  const headers = answer.headers ?? {};
  const name = Object.keys(headers).find((header) => header.toLowerCase() === 'sec-websocket-protocol');
  return name === undefined ? undefined : String(headers[name]);
}
