import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type AccountQuotas, DEFAULT_QUOTAS } from './account-quotas.ts';
import type { OpenConnection } from './api-gateway/connection.ts';
import { checkDescription } from './check-description.ts';
import type { StackDescription } from './description.ts';
import { bracketed, type CallerRefusal, type Callers, createCallers } from './http/callers.ts';
import { createHttpServer, listen } from './http/http-server.ts';
import { respond } from './http/respond.ts';
import type { Invoke } from './invoke.ts';
import { createFunctionLog, createInvocationLog } from './lambda/function-log.ts';
import { createRecursionDetection } from './lambda/recursion-detection.ts';
import { startFunctions } from './lambda/start-functions.ts';
import { DEFAULTS, type LocalEmulatorOptions } from './options.ts';
import { type Services, startServices } from './services.ts';

export interface LocalEmulator {
  /** For `AWS_ENDPOINT_URL`, and with `ws:` for clients. */
  endpoint: string;
  port: number;
  description: StackDescription;
  invoke: Invoke;
  connections(): Pick<OpenConnection, 'connectionId' | 'connectedAt' | 'lastActiveAt' | 'sourceIp'>[];
  /** Deletes at once the rows whose time to live has passed. */
  sweepTimeToLive(): Promise<void>;
  /** Closes every connection with 1001, waits for `$disconnect` and all other invocations, and frees the port. */
  close(): Promise<void>;
}

const LOOPBACK_OR_ANY = ['127.0.0.1', '::1', '0.0.0.0', '::'];

/**
 * Starts a local emulator that serves one stack on one port. It replaces the AWS variables of `process.env` until the process
 * ends, so that no SDK client in this process can reach real AWS.
 * @throws ListenError if the port is not available; Error if AWS would refuse the stack, or its functions cannot be built.
 */
export async function startLocalEmulator(options: LocalEmulatorOptions): Promise<LocalEmulator> {
  const quotas = { ...DEFAULT_QUOTAS, ...options.quotas };
  const settings = { ...DEFAULTS, ...options, quotas };
  const callers = createCallers(settings);
  const server = createHttpServer();
  const freePort = freePortOf(server);
  const port = await listen(server, settings.port, settings.host);
  try {
    const name = LOOPBACK_OR_ANY.includes(settings.host) ? 'localhost' : bracketed(settings.host);
    return await startStack(server, `http://${name}:${port}`, { ...settings, callers }, freePort);
  } catch (error) {
    await freePort();
    throw error;
  }
}

async function startStack(
  server: Server,
  endpoint: string,
  settings: typeof DEFAULTS & LocalEmulatorOptions & { quotas: AccountQuotas; callers: Callers },
  freePort: () => Promise<void>,
): Promise<LocalEmulator> {
  const description = settings.describe(endpoint);
  checkDescription(description);
  const invocations = createInvocationLog(settings.time);
  const functionLog = createFunctionLog(settings.time);
  const recursion = createRecursionDetection({ ...settings, functions: description.functions });
  const known = { endpoint, description, invocations, functionLog, recursion };
  const functions = startFunctions({ ...settings, ...known });
  const { invoke } = functions;
  try {
    const starting = startServices({ ...settings, ...known, invoke });
    serve(server, starting, { ...settings, isCutOff: functions.isCutOff });
    const { webSocketApi, dynamoDb, sqs, stopSchedules } = await starting;
    // After the services have started, because a function may call AWS while it loads.
    await functions.loaded;
    return {
      endpoint,
      port: Number(new URL(endpoint).port || 80),
      description,
      invoke,
      connections: webSocketApi.connections,
      sweepTimeToLive: dynamoDb.sweepTimeToLive,
      async close() {
        stopSchedules();
        await sqs.close();
        await webSocketApi.close();
        await functions.settle();
        await freePort();
        await dynamoDb.close();
        await functions.close();
      },
    };
  } catch (error) {
    await functions.close();
    throw error;
  }
}

/** Attaches the listeners at once. A request that arrives during the start is served when the services have started. */
function serve(
  server: Server,
  starting: Promise<Services>,
  { callers, isCutOff }: { callers: Callers; isCutOff: (socket: Socket) => boolean },
): void {
  let started: Services | undefined;
  const onceStarted = starting.then((services) => {
    started = services;
    return services;
  });
  server.on('request', (request, response) => {
    const refusal = callers.refusalOf(request);
    if (isCutOff(request.socket)) request.socket.destroy();
    else if (refusal !== undefined) refuse(response, refusal);
    else if (started !== undefined) {
      void started.front(request, response);
    } else {
      onceStarted.then(
        ({ front }) => front(request, response),
        () => response.destroy(),
      );
    }
  });
  server.on('upgrade', (request, socket, head) => {
    // Node passes the socket on without an error listener, and `ws` takes it only after $connect.
    socket.on('error', () => socket.destroy());
    // An upgrade by a killed function is cut off like its other requests.
    if (isCutOff(request.socket)) return void socket.destroy();
    const refusal = callers.refusalOf(request);
    if (refusal !== undefined) return refuseUpgrade(socket, refusal);
    starting.then(
      ({ webSocketApi }) => webSocketApi.accept(request, socket, head),
      () => socket.destroy(),
    );
  });
}

/** In the form of AWS's errors, so that SDKs raise it and the commands in `bin` print it. */
function refuse(response: ServerResponse, { code, message }: CallerRefusal): void {
  respond(response, 403, bodyOf(message), { 'Content-Type': 'application/json', 'x-amzn-errortype': code });
}

function refuseUpgrade(socket: Duplex, { message }: CallerRefusal): void {
  const body = bodyOf(message);
  const headers = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`;
  socket.end(`HTTP/1.1 403 Forbidden\r\nConnection: close\r\n${headers}\r\n\r\n${body}`);
}

const bodyOf = (message: string) => `${JSON.stringify({ message })}\n`;

/** Returns a function that closes the server and every socket that it has accepted, including upgraded ones. */
function freePortOf(server: Server): () => Promise<void> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
}
