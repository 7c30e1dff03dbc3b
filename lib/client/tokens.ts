import { TradeRoomError } from './api.ts';
import type { Settings } from './settings.ts';

/**
 * The tokens of a client. One `getToken` call runs at a time, without a limit of time: two concurrent calls could use the same
 * single-use refresh token twice, which ends the login.
 */
export interface Tokens {
  /**
   * The token of the call that is under way, or of a new call.
   * @throws TradeRoomError `token_unavailable`, or a TradeRoomError that `getToken` itself threw: `signed_out`.
   */
  get(): Promise<string>;
  /** Resolves when the call that is under way has ended. The next `get()` then starts a new call. */
  settled(): Promise<void>;
  /** Discards the token of the call that is under way, because it may belong to another user. */
  forget(): void;
}

/** A discarded call that does not end delays the next call for at most this long. */
const MAX_WAIT_MS = 10_000;

export function createTokens({ getToken, time }: Pick<Settings, 'getToken' | 'time'>): Tokens {
  let current: Promise<string> | undefined;
  /** Settles when the discarded calls have ended. */
  let forgotten: Promise<unknown> | undefined;
  let cancelWait: (() => void) | undefined;

  /** Its timer runs only while a token is wanted, so that a closed client keeps no process alive. */
  function endOfForgotten(): Promise<unknown> | undefined {
    if (forgotten === undefined) return undefined;
    const waited = new Promise<void>((resolve) => {
      cancelWait = time.after(MAX_WAIT_MS, resolve);
    });
    return Promise.race([forgotten, waited]).finally(() => cancelWait?.());
  }

  async function ask(isWanted: () => boolean): Promise<string> {
    await endOfForgotten();
    if (!isWanted()) throw new TradeRoomError('closed', 'the client was closed');
    try {
      return checked(await getToken());
    } catch (cause) {
      if (cause instanceof TradeRoomError) throw cause;
      throw new TradeRoomError('token_unavailable', 'getToken failed: see the cause', { cause });
    }
  }

  return {
    get() {
      if (current !== undefined) return current;
      const asked: Promise<string> = ask(() => current === asked);
      current = asked;
      const end = () => {
        if (current === asked) current = undefined;
      };
      asked.then(end, end);
      return asked;
    },
    async settled() {
      await current?.catch(() => undefined);
    },
    forget() {
      if (current === undefined) return;
      cancelWait?.();
      const ended = current.catch(() => undefined);
      forgotten = ended;
      void ended.then(() => {
        if (forgotten === ended) forgotten = undefined;
      });
      current = undefined;
    },
  };
}

/** A failing token endpoint often answers JSON without a token. Sending `undefined` would look like a refused token. */
function checked(token: unknown): string {
  if (typeof token === 'string' && token !== '') return token;
  const given = token === '' ? 'an empty string' : token === null ? 'null' : typeof token;
  throw new TypeError(
    `getToken: expected a token, got ${given}. Throw if the answer has none (check response.ok)`,
  );
}

const MARGIN_MS = 60_000;
const SHORTEST_MS = 1_000;
const MAX_MS = 86_400_000;

/**
 * Milliseconds until a token is renewed: one minute before it expires, after half of the time if less than two minutes
 * remain, and at least once a day. If a token that the server has just accepted seems to have expired, the local clock is
 * wrong; then the renewal follows after one minute.
 */
export function renewalDelay(remainingMs: number): number {
  if (!(remainingMs > 0)) return MARGIN_MS;
  return Math.min(Math.max(remainingMs - MARGIN_MS, remainingMs / 2, SHORTEST_MS), MAX_MS);
}
