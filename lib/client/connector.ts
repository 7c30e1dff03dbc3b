import type { ConnectionState, Frame } from './api.ts';
import { backoff } from './backoff.ts';
import { TradeRoomError } from './error.ts';
import type { Phase, RoomCore } from './room.ts';
import { openSession, type Session, type User } from './session.ts';
import type { Settings } from './settings.ts';

/** Keeps one session open, whatever happens: comes back after a loss, and replaces it before the server ends it. */
export interface Connector {
  readonly state: ConnectionState;
  readonly session: Session | undefined;
  start(): void;
  /** Ends everything; `start` opens a new session. */
  stop(cause: TradeRoomError): void;
  /** Joins or leaves where the room wants it. */
  reconcile(room: RoomCore, again: boolean): void;
  phases(roomId: string): Phase[];
  /** The network, or the person, is back: tries at once, or asks whether the server is still there. */
  check(): void;
}

export interface ConnectorEvents {
  rooms(): Iterable<RoomCore>;
  onState(state: ConnectionState, cause?: TradeRoomError): void;
  onAuthenticated(user: User): void;
  onError(error: TradeRoomError): void;
  onText(frame: Frame): void;
}

/** A connection that held for so long was a good one: the next attempt is a first one. */
const STABLE_MS = 5_000;
/** A token that is refused twice in a row will be refused a third time. */
const MAX_REFUSALS = 2;
/**
 * API Gateway closed the connection because of throttling; AWS does not document when exactly. Reconnecting costs more
 * requests: connect, auth and a subscribe for each room.
 */
const THROTTLED = 1008;
/** So the first wait after it is that of the fourth attempt, up to 4 s, and grows from there. */
const ATTEMPTS_OF_A_THROTTLE = 3;

export function createConnector(settings: Settings, events: ConnectorEvents): Connector {
  const { time, random, reconnectAfterMs, maxBackoffMs } = settings;
  let state: ConnectionState = 'disconnected';
  let current: Session | undefined;
  /** Is to replace the current one as soon as it has all its rooms. */
  let next: Session | undefined;
  let connectedAt = 0;
  let attempt = 0;
  let refusals = 0;
  let cancelRetry: (() => void) | undefined;
  let cancelReplacement: (() => void) | undefined;

  function setState(now: ConnectionState, cause?: TradeRoomError): void {
    if (now === state) return;
    state = now;
    events.onState(now, cause);
  }

  function open(): Session {
    const session: Session = openSession(settings, {
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
    cancelReplacement?.();
    cancelReplacement = time.after(reconnectAfterMs * (0.95 + random() / 10), () => {
      next = open();
    });
    setState('connected');
    events.onAuthenticated(user);
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
  }

  function ended(session: Session, cause: TradeRoomError): void {
    if (session.user === undefined && (session === next || session === current)) events.onError(cause);
    if (session === next) {
      next = undefined;
      cancelReplacement = time.after(maxBackoffMs * (0.5 + random() / 2), () => {
        next = open();
      });
    } else if (session === current) lost(session, cause);
    for (const room of events.rooms()) room.refresh();
  }

  function lost(session: Session, cause: TradeRoomError): void {
    cancelReplacement?.();
    current = next;
    next = undefined;
    if (cause.code === 'auth_failed' && session.user === undefined) refusals += 1;
    if (current?.user !== undefined) connected(current.user);
    else if (refusals >= MAX_REFUSALS) stop(cause);
    else {
      if (current === undefined) retryLater(session, cause);
      setState('connecting', cause);
    }
  }

  function retryLater(session: Session, { closeCode }: TradeRoomError): void {
    if (session.user !== undefined && time.now() - connectedAt >= STABLE_MS) attempt = 0;
    if (closeCode === THROTTLED) attempt = Math.max(attempt, ATTEMPTS_OF_A_THROTTLE);
    cancelRetry = time.after(backoff(attempt, settings), retry);
    attempt += 1;
  }

  function retry(): void {
    cancelRetry = undefined;
    current = open();
  }

  function start(): void {
    if (state !== 'disconnected') return;
    attempt = 0;
    refusals = 0;
    retry();
    setState('connecting');
  }

  function stop(cause: TradeRoomError): void {
    const sessions = [current, next];
    current = next = undefined;
    cancelRetry?.();
    cancelRetry = undefined;
    cancelReplacement?.();
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
    stop,
    reconcile(room, again) {
      for (const session of sessions()) session.reconcile(room, again);
      room.refresh();
    },
    phases: (roomId) =>
      sessions()
        .map(({ memberships }) => memberships.phase(roomId))
        .filter((phase) => phase !== undefined),
    check() {
      if (cancelRetry === undefined) current?.check();
      else {
        cancelRetry();
        attempt = 0;
        retry();
      }
    },
  };
}
