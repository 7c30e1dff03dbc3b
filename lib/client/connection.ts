import type { ClosingCode } from '../protocol/error-codes.ts';
import { type Frame, TradeRoomError } from './api.ts';
import { timeout } from './deferred.ts';
import { errorOf, gatewayFailure, parseFrame, type ServerFrame } from './frames.ts';
import type { Settings } from './settings.ts';
import { abandon, type Opened, openWebSocket } from './web-socket.ts';

interface OpenRequest {
  onAnswer: (answer: ServerFrame) => void;
  cancelTimeout: () => void;
}

/** The requests of one connection that have no answer yet. */
interface OpenRequests {
  open(id: number, request: OpenRequest): void;
  /** Passes a frame to the request that it answers; false if it answers none. */
  answer(frame: ServerFrame): boolean;
  /** Records that one of the requests sent so far failed; API Gateway does not say which. */
  fail(failure: ServerFrame): void;
  /** Drops all requests and their timeouts. */
  cancel(): void;
}

/**
 * A failure is attributed to a request by elimination. API Gateway answers each message once, with what its function
 * returned or with a failure, and serves the messages of a connection in parallel. So a single open request has failed
 * at once. With several open requests, the client waits until no more are unanswered than there were failures; those have
 * failed. A guess could leave the failed request waiting for its timeout. Failing all of them would repeat many subscribes
 * because of one, while API Gateway throttles. If a function fails after it has posted its answer, the failure may be attributed
 * to another request, which is then repeated; that is harmless.
 */
function createOpenRequests(): OpenRequests {
  const requests = new Map<unknown, OpenRequest>();
  /** Requests whose functions have not answered. */
  const unanswered = new Set<unknown>();
  /** Requests that may have failed; as many of them as `failures` has entries did. */
  const suspects = new Set<unknown>();
  let failures: ServerFrame[] = [];

  function close(id: unknown, frame: ServerFrame): boolean {
    const request = requests.get(id);
    if (request === undefined) return false;
    requests.delete(id);
    unanswered.delete(id);
    request.cancelTimeout();
    request.onAnswer(frame);
    return true;
  }

  function eliminate(): void {
    if (suspects.size > failures.length) return;
    const failed = [...suspects];
    const [failure] = failures;
    suspects.clear();
    failures = [];
    if (failure !== undefined) for (const id of failed) close(id, failure);
  }

  return {
    open(id, request) {
      requests.set(id, request);
      unanswered.add(id);
    },
    answer(frame) {
      unanswered.delete(frame.id);
      const wasSuspect = suspects.delete(frame.id);
      // The answer to a pending subscribe comes later, from another function.
      const isAnswered = frame.type !== 'subscribe_pending' && close(frame.id, frame);
      if (wasSuspect) eliminate();
      return isAnswered;
    },
    fail(failure) {
      for (const id of unanswered) suspects.add(id);
      failures.push(failure);
      eliminate();
    },
    cancel() {
      for (const { cancelTimeout } of requests.values()) cancelTimeout();
      requests.clear();
    },
  };
}

interface ConnectionEvents {
  onOpen(): void;
  /** Called with each frame that answers no request. */
  onFrame(frame: ServerFrame): void;
  onText(frame: Frame): void;
  /** Called once, whether the client or the server ended the connection. */
  onEnd(cause: TradeRoomError): void;
}

/** One WebSocket, and the requests on it that have no answer yet. */
export interface ServerConnection {
  /**
   * Sends a request. `onAnswer` gets the first frame with the request's id, and no later one: a later one carries an older
   * state. If API Gateway itself reports a failure, the answer is an `error` with the code `internal`. Without an answer in
   * `timeoutMs` the connection ends.
   */
  request(type: string, data: object, onAnswer: (answer: ServerFrame) => void): void;
  end(cause: TradeRoomError): void;
}

/** The error codes after which the server closes the connection. A new closing code does not compile without its entry. */
const closingCodes: Record<ClosingCode, true> = {
  auth_failed: true,
  auth_timeout: true,
  token_expired: true,
  user_mismatch: true,
};

export function openConnection(
  { url, webSocketClass, time, timeoutMs }: Settings,
  events: ConnectionEvents,
): ServerConnection {
  const requests = createOpenRequests();
  let lastId = 0;
  /** The `error` frame by which the server announced that it closes the connection. */
  let closingError: TradeRoomError | undefined;
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
    if (frame.type === 'error' && Object.hasOwn(closingCodes, errorOf(frame).code)) {
      closingError = errorOf(frame);
    }
    if (!requests.answer(frame)) events.onFrame(frame);
  }

  try {
    const WebSocket = webSocketClass();
    if (WebSocket === undefined) throw new TypeError('there is no WebSocket class any more');
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
    // Some WebSocket classes call the handler without an event.
    socket.onclose = (event?: { code: number }) =>
      end(closingError ?? lost(`closed with ${event?.code}`, { closeCode: event?.code, cause: failure }));
    socket.onerror = (event?: { error?: unknown; message?: unknown }) => {
      failure = event?.error ?? event?.message;
      // A close event with a code follows at once, except in Node 22 for a connection that could not be opened.
      cancelFailure ??= time.after(0, () =>
        end(closingError ?? lost('the connection failed', { cause: failure })),
      );
    };
  } catch (cause) {
    // Later, so that `onEnd` is never called before this function has returned.
    time.after(0, () => end(lost('the WebSocket could not be created', { cause })));
  }

  return {
    request(type, data, onAnswer) {
      if (ended) return;
      lastId += 1;
      const id = lastId;
      requests.open(id, { onAnswer, cancelTimeout: timeOut(`the answer to ${type}`) });
      try {
        opened?.socket.send(JSON.stringify({ type, data, id }));
      } catch (cause) {
        // Later, because the caller waits for the answer only after this function has returned.
        time.after(0, () => end(lost('the WebSocket does not send', { cause })));
        return;
      }
      const shown = type === 'auth' ? { token: '…' } : data;
      events.onText({ direction: 'sent', text: JSON.stringify({ type, data: shown, id }) });
    },
    end,
  };
}

function lost(message: string, why: { cause?: unknown; closeCode?: number | undefined }): TradeRoomError {
  return new TradeRoomError('connection_lost', message, why);
}
