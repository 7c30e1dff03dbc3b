import type { Frame } from './api.ts';
import { type Connection, openConnection } from './connection.ts';
import { TradeRoomError } from './error.ts';
import { errorOf, eventsOf, type ServerFrame } from './frames.ts';
import { createMemberships, type Memberships } from './memberships.ts';
import { renewalDelay } from './renewal.ts';
import type { RoomCore } from './room.ts';
import type { Settings } from './settings.ts';
import { createWaiting, timeout } from './waiting.ts';

export interface User {
  userId: string;
  /** Epoch milliseconds of the server. */
  expiresAt: number;
}

/** One connection from its token to its end: authenticated, kept alive, its token renewed. */
export interface Session {
  /** Undefined until it is authenticated. */
  readonly user: User | undefined;
  readonly memberships: Omit<Memberships, 'reconcile'>;
  /** Joins or leaves, once the connection is open. */
  reconcile(room: RoomCore, again: boolean): void;
  /** Asks whether the server is there and nothing was lost; if it does not answer, the session ends. */
  check(): void;
  renew(): Promise<User>;
  end(cause: TradeRoomError): void;
}

export interface SessionEvents {
  rooms(): Iterable<RoomCore>;
  onAuthenticated(user: User): void;
  /** A room stands differently on this session. */
  onChange(room: RoomCore): void;
  onError(error: TradeRoomError): void;
  onText(frame: Frame): void;
  /** Once, and never before this function has returned. */
  onEnd(cause: TradeRoomError): void;
}

/**
 * Wait after a ping that failed in the server. The failure frame showed that the connection works, and every ping is
 * billed.
 */
const PING_AGAIN_MS = 30_000;

export function openSession(settings: Settings, events: SessionEvents): Session {
  const { time, timeoutMs, pingIntervalMs } = settings;
  const authentication = createWaiting<User>(time, timeoutMs, 'the answer to auth');
  const memberships = createMemberships(
    settings,
    (...request) => connection?.request(...request),
    (room) => {
      if (!hasEnded) events.onChange(room);
    },
  );
  let connection: Connection | undefined;
  let user: User | undefined;
  let isOpen = false;
  let isChecking = false;
  let hasEnded = false;
  let cancelPing = time.after(pingIntervalMs, ping);
  let cancelRenewal: (() => void) | undefined;

  function end(cause: TradeRoomError): void {
    if (hasEnded) return;
    hasEnded = true;
    cancelPing();
    cancelRenewal?.();
    connection?.end(cause);
    authentication.reject(cause);
    events.onEnd(cause);
  }

  function authenticate(token: string): Promise<User> {
    connection?.request('auth', { token }, (answer) => {
      if (answer.type !== 'auth_success') return authentication.reject(errorOf(answer));
      user = answer.data as unknown as User;
      authentication.resolve(user);
      cancelRenewal?.();
      cancelRenewal = time.after(renewalDelay(user.expiresAt - time.now()), renewInTime);
    });
    return authentication.wait();
  }

  function open(token: string): void {
    if (hasEnded) return;
    connection = openConnection(settings, {
      onOpen() {
        authenticate(token).then(events.onAuthenticated, end);
        // Right behind it: the server makes them live when auth is through.
        isOpen = true;
        for (const room of events.rooms()) memberships.reconcile(room);
      },
      onFrame: receive,
      onText: events.onText,
      onEnd: end,
    });
  }

  function receive(frame: ServerFrame): void {
    for (const event of eventsOf(frame)) {
      // A listener may have closed the client.
      if (!hasEnded) memberships.feed(event);
    }
    if (frame.type !== 'error') return;
    const error = errorOf(frame);
    if (error.code === 'forbidden_room') memberships.refuse(String(frame.data['roomId']), error);
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
      // The server is there, and has not said whether something was lost.
      cancelPing();
      cancelPing = time.after(Math.min(PING_AGAIN_MS, pingIntervalMs), ping);
    });
  }

  async function renew(): Promise<User> {
    const token = await tokenOf(settings);
    if (hasEnded) throw new TradeRoomError('closed', 'the connection has ended');
    return authenticate(token);
  }

  function renewInTime(): void {
    renew().catch((error: TradeRoomError) => {
      if (hasEnded) return;
      events.onError(error);
      // Another renewal may have succeeded meanwhile: its timer must not be lost.
      cancelRenewal?.();
      cancelRenewal = time.after(renewalDelay((user?.expiresAt ?? 0) - time.now()), renewInTime);
    });
  }

  tokenOf(settings).then(open, end);
  return {
    get user() {
      return user;
    },
    memberships,
    reconcile(room, again) {
      if (isOpen) memberships.reconcile(room, again);
    },
    check,
    renew,
    end,
  };
}

/** @throws TradeRoomError `token_unavailable` or `timeout`. */
function tokenOf({ getToken, time, timeoutMs }: Settings): Promise<string> {
  return new Promise((resolve, reject) => {
    const cancel = time.after(timeoutMs, () => reject(timeout('getToken', timeoutMs)));
    const fail = (cause: unknown) =>
      reject(new TradeRoomError('token_unavailable', 'getToken failed: see the cause', { cause }));
    Promise.resolve().then(getToken).then(resolve, fail).finally(cancel);
  });
}
