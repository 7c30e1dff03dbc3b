import type { ClosingCode } from '../protocol/error-codes.ts';
import type { Frame } from './api.ts';
import { TradeRoomError } from './error.ts';
import { errorOf, gatewayFailure, parseFrame, type ServerFrame } from './frames.ts';
import { createOpenRequests } from './open-requests.ts';
import type { Settings } from './settings.ts';
import { timeout } from './waiting.ts';
import { abandon, type Opened, openWebSocket } from './web-socket.ts';

export interface ConnectionEvents {
  onOpen(): void;
  /** What answers no request. */
  onFrame(frame: ServerFrame): void;
  onText(frame: Frame): void;
  /** Once, whoever ended it. */
  onEnd(cause: TradeRoomError): void;
}

/** One WebSocket, and the requests that wait for their answers on it. */
export interface Connection {
  /**
   * `onAnswer` gets the first answer with the request's id; a later one is the older truth. A request that API Gateway
   * itself says has failed is answered by an `error` with the code `internal`. Where nothing comes in time the connection
   * counts as lost.
   */
  request(type: string, data: object, onAnswer: (answer: ServerFrame) => void): void;
  end(cause: TradeRoomError): void;
}

const closingCodes: readonly string[] = [
  'auth_failed',
  'auth_timeout',
  'token_expired',
  'user_mismatch',
] satisfies ClosingCode[];

export function openConnection(
  { url, webSocketClass, time, timeoutMs }: Settings,
  events: ConnectionEvents,
): Connection {
  const requests = createOpenRequests();
  let lastId = 0;
  let toldWhy: TradeRoomError | undefined;
  let opened: Opened | undefined;
  let cancelFailure: (() => void) | undefined;
  const timeOut = (awaited: string) => time.after(timeoutMs, () => end(timeout(awaited, timeoutMs)));
  const cancelOpening = timeOut('the connection');
  let ended = false;

  function end(cause: TradeRoomError): void {
    if (ended) return;
    ended = true;
    cancelOpening();
    requests.cancel();
    cancelFailure?.();
    if (opened !== undefined) abandon(opened, time);
    events.onEnd(cause);
  }

  function receive(text: string): void {
    events.onText({ direction: 'received', text });
    if (ended) return;
    const frame = parseFrame(text);
    if (frame === undefined) {
      const failure = gatewayFailure(text);
      if (failure !== undefined) requests.fail(failure);
      return;
    }
    if (frame.type === 'error' && closingCodes.includes(String(frame.data['code']))) toldWhy = errorOf(frame);
    if (!requests.answer(frame)) events.onFrame(frame);
  }

  try {
    const WebSocket = webSocketClass();
    if (WebSocket === undefined) throw new TypeError('there is none any more');
    opened = openWebSocket(WebSocket, url);
    const { socket } = opened;
    let failure: unknown;
    socket.onopen = () => {
      cancelOpening();
      events.onOpen();
    };
    socket.onmessage = ({ data }: { data: unknown }) => {
      if (!ended && typeof data === 'string') receive(data);
    };
    socket.onclose = ({ code }: { code: number }) =>
      end(toldWhy ?? lost(`closed with ${code}`, { closeCode: code, cause: failure }));
    socket.onerror = ({ error, message }: { error?: unknown; message?: unknown }) => {
      failure = error ?? message;
      // A close follows at once, and says more; Node 22 says nothing more of a connection that could not be made.
      cancelFailure ??= time.after(0, () =>
        end(toldWhy ?? lost('the connection failed', { cause: failure })),
      );
    };
  } catch (cause) {
    // Not at once: whoever opens a connection does not expect it to have ended before.
    time.after(0, () => end(lost('the WebSocket could not be made', { cause })));
  }

  return {
    request(type, data, onAnswer) {
      if (ended) return;
      lastId += 1;
      const id = lastId;
      requests.open(id, { onAnswer, cancelTimeout: timeOut(`the answer to ${type}`) });
      opened?.socket.send(JSON.stringify({ type, data, id }));
      const shown = type === 'auth' ? { token: '…' } : data;
      events.onText({ direction: 'sent', text: JSON.stringify({ type, data: shown, id }) });
    },
    end,
  };
}

function lost(message: string, why: { cause?: unknown; closeCode?: number }): TradeRoomError {
  return new TradeRoomError('connection_lost', message, why);
}
