import { AsyncLocalStorage } from 'node:async_hooks';
import http from 'node:http';
import https from 'node:https';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Clock } from '../core/ports.ts';
import { keptSockets } from './http-sender.ts';

interface SdkRequestHandlerOptions {
  clock: Clock;
  /** Most connections to one host: over http, which is the local emulator, and over https. */
  maxSockets: { http: number; https: number };
  /** A request that has not been answered by then fails. */
  requestTimeout?: number;
  /**
   * How long to wait for an answer over a connection that may have been closed while the function was frozen, before
   * the request is sent a second time. Default: the request fails after `requestTimeout`, and the client of the SDK
   * retries it.
   */
  doubtMs?: number;
}

/**
 * How a client of the AWS SDK sends its requests: over keep-alive connections, except those that may have been closed
 * while the function was frozen.
 */
export function sdkRequestHandler(options: SdkRequestHandlerOptions): NodeHttpHandler {
  const { clock, maxSockets, requestTimeout, doubtMs } = options;
  const attempts = new AsyncLocalStorage<{ onDoubt: () => void }>();
  const onReuse = () => attempts.getStore()?.onDoubt();
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
    const begunAt = clock();
    const cutOff = new AbortController();
    let isInDoubt = false;
    let doubt: NodeJS.Timeout | undefined;
    const onDoubt = () => {
      isInDoubt = true;
      if (doubtMs !== undefined) doubt = setTimeout(() => cutOff.abort(), doubtMs);
    };
    sockets.closeStale();
    try {
      const abortSignal = either(cutOff.signal, given.abortSignal as AbortSignal | undefined);
      return await attempts.run({ onDoubt }, () => send(request, { ...given, abortSignal }));
    } catch (error) {
      if (!isInDoubt) throw error;
      sockets.closeIdleSince(begunAt);
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
