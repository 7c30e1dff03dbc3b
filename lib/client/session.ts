import type { Frame, TradeRoomError } from './api.ts';
import { openConnection, type ServerConnection } from './connection.ts';
import { createDeferred, timeout, unattended } from './deferred.ts';
import { errorOf, eventsOf, primitiveText, type ServerFrame } from './frames.ts';
import type { RoomController } from './rooms.ts';
import type { Settings } from './settings.ts';
import { createMemberships, type Memberships } from './subscriptions.ts';
import { renewalDelay, type Tokens } from './tokens.ts';

export interface AuthenticatedUser {
  userId: string;
  /** Epoch milliseconds of the server. */
  expiresAt: number;
}

/** One connection from its token to its end. It authenticates, sends pings and renews its token. */
export interface Session {
  /** Undefined until it is authenticated. */
  readonly user: AuthenticatedUser | undefined;
  readonly memberships: Omit<Memberships, 'reconcile' | 'end'>;
  /** Subscribes and unsubscribes as `Memberships.reconcile`; does nothing before the connection is open. */
  reconcile(rooms: Iterable<RoomController>, retryRefused: ReadonlySet<RoomController>): void;
  /** Pings the server and compares positions. Without an answer the session ends. */
  check(): void;
  /** Gets a new token and authenticates. @throws TradeRoomError the cause of the session's end, as soon as it ends. */
  renew(): Promise<AuthenticatedUser>;
  end(cause: TradeRoomError): void;
}

interface SessionEvents {
  rooms(): Iterable<RoomController>;
  onAuthenticated(user: AuthenticatedUser): void;
  /** The phase of a room on this session has changed. */
  onChange(room: RoomController): void;
  onError(error: TradeRoomError): void;
  onText(frame: Frame): void;
  /** Called once, and never before `openSession` has returned. */
  onEnd(cause: TradeRoomError): void;
}

/**
 * Milliseconds until the next ping after a ping that failed in the server. The failure frame proves that the connection
 * works, and every ping is billed.
 */
const PING_AGAIN_MS = 30_000;

export function openSession(settings: Settings, tokens: Tokens, events: SessionEvents): Session {
  const { time, timeoutMs, pingIntervalMs } = settings;
  const authentication = createDeferred<AuthenticatedUser>(time, timeoutMs, 'the answer to auth');
  const memberships = createMemberships(
    settings,
    (...request) => connection?.request(...request),
    (room) => {
      if (endedBy === undefined) events.onChange(room);
    },
  );
  let connection: ServerConnection | undefined;
  let user: AuthenticatedUser | undefined;
  /** The token of the last successful auth. */
  let tokenInForce: string | undefined;
  let isOpen = false;
  let isChecking = false;
  let endedBy: TradeRoomError | undefined;
  let rejectEnded: (cause: TradeRoomError) => void = () => undefined;
  const whenEnded = unattended(
    new Promise<never>((_, reject) => {
      rejectEnded = reject;
    }),
  );
  let cancelPing = time.after(pingIntervalMs, ping);
  let cancelRenewal: (() => void) | undefined;
  // Only a notice: the session continues to wait for `getToken`, because a person may have to type a password.
  const cancelNotice = time.after(timeoutMs, () => events.onError(timeout('getToken', timeoutMs)));

  function end(cause: TradeRoomError): void {
    if (endedBy !== undefined) return;
    endedBy = cause;
    cancelPing();
    cancelRenewal?.();
    cancelNotice();
    memberships.end();
    connection?.end(cause);
    authentication.reject(cause);
    rejectEnded(cause);
    events.onEnd(cause);
  }

  function authenticate(token: string): Promise<AuthenticatedUser> {
    const refusedBefore = memberships.refused();
    connection?.request('auth', { token }, (answer) => {
      if (answer.type !== 'auth_success') return authentication.reject(errorOf(answer));
      user = answer.data as unknown as AuthenticatedUser;
      tokenInForce = token;
      authentication.resolve(user);
      renewLater();
      // The new token may allow rooms that the old one did not.
      memberships.reconcile(refusedBefore, refusedBefore);
    });
    return authentication.wait();
  }

  function open(token: string): void {
    cancelNotice();
    if (endedBy !== undefined) return;
    connection = openConnection(settings, {
      onOpen() {
        authenticate(token).then(events.onAuthenticated, end);
        // Without waiting for the answer: the server makes the rooms live when auth has succeeded.
        isOpen = true;
        memberships.reconcile(events.rooms());
      },
      onFrame: receive,
      onText: events.onText,
      onEnd: end,
    });
  }

  function receive(frame: ServerFrame): void {
    for (const event of eventsOf(frame)) {
      // A listener may have closed the client.
      if (endedBy === undefined) memberships.feed(event);
    }
    if (frame.type !== 'error') return;
    const error = errorOf(frame);
    if (error.code === 'forbidden_room') memberships.refuse(primitiveText(frame.data['roomId']), error);
    else events.onError(error);
  }

  function ping(): void {
    check();
    cancelPing = time.after(pingIntervalMs, ping);
  }

  function check(): void {
    if (user === undefined || isChecking) return;
    isChecking = true;
    connection?.request('ping', { rooms: memberships.positions() }, ({ type, data }) => {
      isChecking = false;
      if (type !== 'error') return memberships.compare(data['rooms']);
      // The server answered, but did not say whether events were lost.
      cancelPing();
      cancelPing = time.after(Math.min(PING_AGAIN_MS, pingIntervalMs), ping);
    });
  }

  async function renew(): Promise<AuthenticatedUser> {
    // A pending `getToken` call may return a token from before the reason for this renewal.
    await Promise.race([tokens.settled(), whenEnded]);
    const token = await Promise.race([tokens.get().catch(endIfSignedOut), whenEnded]);
    return authenticate(token);
  }

  function endIfSignedOut(error: TradeRoomError): never {
    if (error.code === 'signed_out') end(error);
    throw error;
  }

  function renewLater(): void {
    cancelRenewal?.();
    cancelRenewal = time.after(renewalDelay((user?.expiresAt ?? 0) - time.now()), renewInTime);
  }

  async function renewInTime(): Promise<void> {
    try {
      const token = await tokens.get().catch(endIfSignedOut);
      if (endedBy !== undefined) return;
      // The login library has returned the same token. A new one follows later.
      if (token === tokenInForce) renewLater();
      else await authenticate(token);
    } catch (error) {
      if (endedBy !== undefined) return;
      events.onError(error as TradeRoomError);
      // Another renewal may have succeeded, and its timer must be set again.
      renewLater();
    }
  }

  tokens.get().then(open, end);
  return {
    get user() {
      return user;
    },
    memberships,
    reconcile(rooms, retryRefused) {
      if (isOpen) memberships.reconcile(rooms, retryRefused);
    },
    check,
    renew,
    end,
  };
}
