import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { invocationScope } from './invocation-scope.ts';

export interface LateCallsOptions {
  /** Whether a request to this `host:port` is a call to an AWS API of this shim. */
  isOwnHost: (hostAndPort: string) => boolean;
  print: (line: string) => void;
}

interface Call {
  host: string;
  method: string;
  path: string;
  target: string | undefined;
}

/** The part that undici publishes of a request; `fetch` is undici too. */
interface UndiciRequestCreated {
  request: { origin: string | URL; method: string; path: string; headers: string | unknown[] };
}

/**
 * Says so when an invocation that has ended still calls AWS. Lambda freezes a function the moment it has
 * answered, so in AWS that call happens during some later invocation, or never; at home it would just work.
 */
export function watchLateCalls({ isOwnHost, print }: LateCallsOptions): () => void {
  const report = (readCall: () => Call) => {
    const invocation = invocationScope.getStore();
    if (invocation === undefined || !invocation.ended || invocation.reported) return;
    const call = readCall();
    if (!isOwnHost(call.host)) return;
    invocation.reported = true;
    print(lateCallWarning(invocation.functionName, invocation.requestId, call));
  };
  const onHttpRequest = (message: unknown) => report(() => httpCall(message as { request: ClientRequest }));
  const onUndiciRequest = (message: unknown) => report(() => undiciCall(message as UndiciRequestCreated));
  subscribe('http.client.request.start', onHttpRequest);
  subscribe('undici:request:create', onUndiciRequest);
  return () => {
    unsubscribe('http.client.request.start', onHttpRequest);
    unsubscribe('undici:request:create', onUndiciRequest);
  };
}

function lateCallWarning(functionName: string, requestId: string, { target, method, path }: Call): string {
  const what = target ?? `${method} ${path}`;
  return (
    `${functionName} (request ${requestId}) called ${what} after it had ended. ` +
    'Lambda freezes a function that has answered, so in AWS this call would be late or lost: await it before returning.'
  );
}

function httpCall({ request }: { request: ClientRequest }): Call {
  const { method, path } = request;
  return {
    host: String(request.getHeader('host')),
    method,
    path,
    target: text(request.getHeader('x-amz-target')),
  };
}

function undiciCall({ request }: UndiciRequestCreated): Call {
  const { method, path, headers } = request;
  return { host: new URL(request.origin).host, method, path, target: undiciTarget(headers) };
}

/** undici keeps headers as one string of header lines (version 5) or as a list of names and values (from 6 on). */
function undiciTarget(headers: string | unknown[]): string | undefined {
  const list = typeof headers === 'string' ? headers.split(/: |\r\n/) : headers.map(String);
  const index = list.findIndex(
    (item, position) => position % 2 === 0 && item.toLowerCase() === 'x-amz-target',
  );
  return index < 0 ? undefined : list[index + 1];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
