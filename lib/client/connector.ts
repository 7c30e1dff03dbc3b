import type { ConnectionState, Frame } from './api.ts';
import { createAttempts } from './backoff.ts';
import { TradeRoomError } from './error.ts';
import type { Phase, RoomController } from './rooms.ts';
import { openSession, type Session, type User } from './session.ts';
import type { Settings } from './settings.ts';
import { createTokens } from './tokens.ts';

/** Keeps one session open, whatever happens: comes back after a loss, and replaces it before the server ends it. */
interface Connector {
  readonly state: ConnectionState;
  readonly session: Session | undefined;
  start(): void;
  /**
   * Gets a new token and puts it in force.
   * @throws TradeRoomError with `connection_lost` where there is no connection or it is lost; what the server or `getToken`
   * says is wrong; the cause of `stop`.
   */
  renew(): Promise<void>;
  /** Ends everything; `start` opens a new session. */
  stop(cause: TradeRoomError): void;
  /** Joins or leaves where a room wants it; of `again` what was refused as well. */
  reconcile(rooms: ReadonlySet<RoomController>, again: ReadonlySet<RoomController>): void;
  phases(roomId: string): Phase[];
  /** The network, or the person, is back: tries at once, or asks whether the server is still there. */
  check(): void;
}

interface ConnectorEvents {
  rooms(): Iterable<RoomController>;
  onState(state: ConnectionState, cause?: TradeRoomError): void;
  onAuthenticated(user: User): void;
  /** Tokens are refused again and again; it is tried further. */
  onRefused(error: TradeRoomError): void;
  onError(error: TradeRoomError): void;
  onText(frame: Frame): void;
}

/**
 * So many tokens refused in a row are no coincidence: who waits for `connect()` is told. It is tried further: a cached
 * token expires, a clock is set, a key arrives at the server.
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
  /** Is to replace the current one as soon as it has all its rooms. */
  let next: Session | undefined;
  let connectedAt = 0;
  let refusals = 0;
  /** Renewals of the token that are under way. */
  let renewals = 0;
  /** As soon as there is none. */
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

  function connected(user: User): void {
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
   * The connection that is there stays until it has its new token. One that was to replace it may have been given an
   * older token: another is made when the renewal has ended.
   */
  async function renew(): Promise<void> {
    const renewed = current;
    if (renewed?.user === undefined) throw new TradeRoomError('connection_lost', 'there is no connection');
    const given = next;
    next = undefined;
    if (given !== undefined) {
      isReplacementDue = true;
      given.end(new TradeRoomError('closed', 'a token is being renewed'));
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

  /** Makes before it breaks: until every room is fed by the next session, both feed them. */
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
    // It was ended here, and whoever did so looks after the rooms.
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
    reconcile(rooms, again) {
      for (const session of sessions()) session.reconcile(rooms, again);
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
