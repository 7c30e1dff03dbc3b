import http from 'node:http';
import https from 'node:https';
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Clock, Gateway, PostOutcome } from '../core/ports.ts';
import { keptSockets } from './http-sender.ts';
import { doubtOf, outcomeOfStatus, POST_TIMEOUT_MS } from './signed-gateway.ts';

interface ManagementApiOptions {
  /** `https://<api>.execute-api.<region>.amazonaws.com/<stage>`. */
  endpoint: string;
  clock: Clock;
  /** A call without an answer after this time is aborted. Milliseconds. */
  timeoutMs?: number;
}

/** Sockets at most. Locally all invocations of a function share them; in Lambda an invocation needs a few. */
const MAX_SOCKETS = 64;

/** `@connections` through the AWS SDK. */
export function managementApiGateway({
  endpoint,
  clock,
  timeoutMs = POST_TIMEOUT_MS,
}: ManagementApiOptions): Gateway {
  const client = new ApiGatewayManagementApiClient({
    endpoint,
    // The caller retries, with its own time budget.
    maxAttempts: 1,
    requestHandler: sdkRequestHandler({
      clock,
      maxSockets: { http: MAX_SOCKETS, https: MAX_SOCKETS },
      doubtMs: doubtOf(timeoutMs),
    }),
  });
  const call = async (send: (abortSignal: AbortSignal) => Promise<unknown>): Promise<PostOutcome> => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      await send(signal);
      return 'delivered';
    } catch (error) {
      // Does not use the error's name: the SDK also calls the reset of a connection a TimeoutError.
      return signal.aborted ? 'timed_out' : outcomeOfStatus(statusOf(error));
    }
  };
  return {
    post: (connectionId, frame) =>
      call((abortSignal) =>
        client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: frame }), {
          abortSignal,
        }),
      ),
    close: (connectionId) =>
      call((abortSignal) =>
        client.send(new DeleteConnectionCommand({ ConnectionId: connectionId }), { abortSignal }),
      ),
  };
}

function statusOf(error: unknown): number | undefined {
  const { $metadata: metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return metadata?.httpStatusCode;
}

interface SdkRequestHandlerOptions {
  clock: Clock;
  /** Connections to one host at most: over http, to the local emulator, and over https. */
  maxSockets: { http: number; https: number };
  /** A request without an answer after this time fails. Milliseconds. */
  requestTimeout?: number;
  /**
   * How long to wait for an answer over a connection that may have been closed while the function was frozen, before the
   * request is sent a second time. Milliseconds. Without it, the request fails after `requestTimeout`, and the SDK client
   * retries it.
   */
  doubtMs?: number;
}

/**
 * A request handler for clients of the AWS SDK. It uses keep-alive connections, except those that may have been closed
 * while the function was frozen.
 */
export function sdkRequestHandler(options: SdkRequestHandlerOptions): NodeHttpHandler {
  const { clock, maxSockets, requestTimeout, doubtMs } = options;
  // The attempt that is being started. An agent takes a kept socket within the call that starts the request, or never: a
  // request that has to wait for a socket gets one that was busy until then.
  let starting: (() => void) | undefined;
  const onReuse = () => starting?.();
  const httpAgent = new http.Agent({ keepAlive: true, maxSockets: maxSockets.http });
  const httpsAgent = new https.Agent({ keepAlive: true, maxSockets: maxSockets.https });
  const plain = keptSockets(httpAgent, clock, onReuse);
  const encrypted = keptSockets(httpsAgent, clock, onReuse);
  const handler = new NodeHttpHandler({
    httpAgent,
    httpsAgent,
    ...(requestTimeout !== undefined && { requestTimeout, throwOnRequestTimeout: true }),
  });
  const send = handler.handle.bind(handler);

  handler.handle = async (request, given = {}) => {
    const sockets = request.protocol === 'https:' ? encrypted : plain;
    const startedAt = clock();
    const doubtful = new AbortController();
    let isInDoubt = false;
    let doubt: NodeJS.Timeout | undefined;
    const onDoubt = () => {
      isInDoubt = true;
      if (doubtMs !== undefined) doubt = setTimeout(() => doubtful.abort(), doubtMs);
    };
    sockets.closeStale();
    try {
      const abortSignal = either(doubtful.signal, given.abortSignal as AbortSignal | undefined);
      starting = onDoubt;
      const answer = send(request, { ...given, abortSignal });
      starting = undefined;
      return await answer;
    } catch (error) {
      if (!isInDoubt) throw error;
      sockets.closeIdleSince(startedAt);
      if (doubtMs === undefined || given.abortSignal?.aborted) throw error;
      return await send(request, given);
    } finally {
      clearTimeout(doubt);
    }
  };
  return handler;
}

function either(one: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? one : AbortSignal.any([one, other]);
}
