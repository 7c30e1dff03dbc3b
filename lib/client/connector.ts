import { type ConnectionState, type Frame, TradeRoomError } from './api.ts';
import { createAttempts } from './backoff.ts';
import type { Phase, RoomController } from './rooms.ts';
import { type AuthenticatedUser, openSession, type Session } from './session.ts';
import type { Settings } from './settings.ts';
import { createTokens } from './tokens.ts';

/** Keeps one session open: reconnects after a loss, and replaces the session before the server ends it. */
interface Connector {
  readonly state: ConnectionState;
  readonly session: Session | undefined;
  start(): void;
  /**
   * Gets a new token and authenticates with it.
   * @throws TradeRoomError `connection_lost` when there is no connection or it is lost; the error of the server or of
   * `getToken`; the cause that was passed to `stop`.
   */
  renew(): Promise<void>;
  /** Ends everything; `start` opens a new session. */
  stop(cause: TradeRoomError): void;
  /** Subscribes to wanted rooms and leaves the others. Rooms in `retryRefused` are subscribed again even if refused. */
  reconcile(rooms: ReadonlySet<RoomController>, retryRefused: ReadonlySet<RoomController>): void;
  phases(roomId: string): Phase[];
  /** Call it when the network or the person is back: it connects at once, or pings the server if there is a connection. */
  check(): void;
}

interface ConnectorEvents {
  rooms(): Iterable<RoomController>;
  onState(state: ConnectionState, cause?: TradeRoomError): void;
  onAuthenticated(user: AuthenticatedUser): void;
  /** The server refused several tokens in a row; the connector continues to try. */
  onRefused(error: TradeRoomError): void;
  onError(error: TradeRoomError): void;
  onText(frame: Frame): void;
}

/**
 * After this many refused tokens in a row, `connect()` rejects. The connector continues to try, because the reason may go
 * away: a cached token expires, a clock is corrected, a key arrives at the server.
 */
const REFUSALS_TO_TELL = 2;
const NO_WEB_SOCKET =
  'there is no WebSocket here (Node 20 has none): pass the class of the package ws as the option WebSocket';

export function createConnector(settings: Settings, events: ConnectorEvents): Connector {
  const { time, random, reconnectAfterMs, maxBackoffMs } = settings;
  const tokens = createTokens(settings);
  const attempts = createAttempts(settings);
  let state: ConnectionState = 'disconnected';
  let current: Session | undefined;
  /** Replaces `current` as soon as it has subscribed to all wanted rooms. */
  let next: Session | undefined;
  let connectedAt = 0;
  let refusals = 0;
  /** How many token renewals are under way. */
  let renewals = 0;
  /** True when the replacement waits for the end of those renewals. */
  let isReplacementDue = false;
  let cancelRetry: (() => void) | undefined;
  let cancelReplacement: (() => void) | undefined;

  function setState(now: ConnectionState, cause?: TradeRoomError): void {
    if (now === state) return;
    state = now;
    events.onState(now, cause);
  }

  function open(): Session {
    const session: Session = openSession(settings, tokens, {
      ...events,
      onAuthenticated: (user) => {
        refusals = 0;
        if (session === current) connected(user);
        else replace();
      },
      onChange: (room) => {
        room.refresh();
        if (session === next) replace();
      },
      onEnd: (cause) => ended(session, cause),
    });
    return session;
  }

  function connected(user: AuthenticatedUser): void {
    connectedAt = time.now();
    replaceLater(reconnectAfterMs * (0.95 + random() / 10));
    setState('connected');
    events.onAuthenticated(user);
  }

  function replaceLater(ms: number): void {
    cancelReplacement?.();
    isReplacementDue = false;
    cancelReplacement = time.after(ms, beginReplacement);
  }

  function beginReplacement(): void {
    isReplacementDue = renewals > 0;
    if (!isReplacementDue) next = open();
  }

  /**
   * Renews the token on the current connection. A replacement that is under way may have an older token: it is closed, and
   * another one starts after the renewal.
   */
  async function renew(): Promise<void> {
    const renewed = current;
    if (renewed?.user === undefined) throw new TradeRoomError('connection_lost', 'there is no connection');
    const replacement = next;
    next = undefined;
    if (replacement !== undefined) {
      isReplacementDue = true;
      replacement.end(new TradeRoomError('closed', 'a token is being renewed'));
      refreshRooms();
    }
    renewals += 1;
    try {
      await renewed.renew();
    } finally {
      renewals -= 1;
      if (isReplacementDue && renewals === 0) beginReplacement();
    }
  }

  /** Ends the current session when the next one has subscribed to every wanted room. Until then both deliver events. */
  function replace(): void {
    const user = next?.user;
    if (next === undefined || user === undefined) return;
    const { memberships } = next;
    for (const room of events.rooms()) {
      const phase = memberships.phase(room.id);
      if (room.isWanted() && phase !== 'live' && phase !== 'refused') return;
    }
    const replaced = current;
    current = next;
    next = undefined;
    connected(user);
    replaced?.end(new TradeRoomError('closed', 'replaced by a newer connection'));
    refreshRooms();
  }

  function refreshRooms(): void {
    for (const room of events.rooms()) room.refresh();
  }

  function ended(session: Session, cause: TradeRoomError): void {
    // The connector ended this session itself, and its caller has refreshed the rooms.
    if (session !== next && session !== current) return;
    if (session.user === undefined) events.onError(cause);
    if (cause.code === 'signed_out') stop(cause);
    else if (session === next) {
      next = undefined;
      replaceLater(maxBackoffMs * (0.5 + random() / 2));
    } else lost(session, cause);
    refreshRooms();
  }

  function lost(session: Session, cause: TradeRoomError): void {
    cancelReplacement?.();
    isReplacementDue = false;
    current = next;
    next = undefined;
    if (current?.user !== undefined) connected(current.user);
    else {
      if (current === undefined) retryLater(session, cause);
      setState('connecting', cause);
      if (session.user === undefined) countRefusal(cause);
    }
  }

  function countRefusal(cause: TradeRoomError): void {
    if (cause.code === 'auth_failed') refusals += 1;
    if (refusals >= REFUSALS_TO_TELL) events.onRefused(cause);
  }

  function retryLater(session: Session, { closeCode }: TradeRoomError): void {
    const heldMs = session.user === undefined ? 0 : time.now() - connectedAt;
    cancelRetry = time.after(attempts.next({ heldMs, closeCode }), retry);
  }

  function retry(): void {
    cancelRetry = undefined;
    current = open();
  }

  function start(): void {
    if (state !== 'disconnected') return;
    attempts.reset();
    refusals = 0;
    const isPossible = settings.webSocketClass() !== undefined;
    if (isPossible) retry();
    setState('connecting');
    refreshRooms();
    if (isPossible) return;
    const error = new TradeRoomError('no_web_socket', NO_WEB_SOCKET);
    events.onError(error);
    stop(error);
  }

  function stop(cause: TradeRoomError): void {
    const sessions = [current, next];
    current = next = undefined;
    cancelRetry?.();
    cancelRetry = undefined;
    cancelReplacement?.();
    isReplacementDue = false;
    tokens.forget();
    for (const session of sessions) session?.end(cause);
    setState('disconnected', cause);
    for (const room of events.rooms()) {
      room.fail(cause);
      room.refresh();
    }
  }

  const sessions = () => [current, next].filter((session) => session !== undefined);

  return {
    get state() {
      return state;
    },
    get session() {
      return current;
    },
    start,
    renew,
    stop,
    reconcile(rooms, retryRefused) {
      for (const session of sessions()) session.reconcile(rooms, retryRefused);
      for (const room of rooms) room.refresh();
    },
    phases: (roomId) =>
      sessions()
        .map(({ memberships }) => memberships.phase(roomId))
        .filter((phase) => phase !== undefined),
    check() {
      if (cancelRetry === undefined) current?.check();
      else {
        cancelRetry();
        attempts.reset();
        retry();
      }
    },
  };
}
