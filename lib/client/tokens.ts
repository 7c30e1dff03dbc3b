import { TradeRoomError } from './error.ts';
import type { Settings } from './settings.ts';

/**
 * A client's tokens. `getToken` runs once at a time, however long it takes: two calls would spend a refresh token twice
 * that is good for one use, and end the login.
 */
export interface Tokens {
  /**
   * The token of the call that is under way, or of a new call.
   * @throws TradeRoomError `token_unavailable`, or what `getToken` itself threw as one: `signed_out`.
   */
  get(): Promise<string>;
  /** Resolves when the call that is under way has ended, so that the next token is one that was asked for later. */
  settled(): Promise<void>;
  /** Nobody wants the token of the call that is under way: it may be that of another user. */
  forget(): void;
}

/** A call that nobody wants any more, and that does not end, holds up the next one for so long. */
const LONGEST_WAIT_MS = 10_000;

export function createTokens({ getToken, time }: Pick<Settings, 'getToken' | 'time'>): Tokens {
  let current: Promise<string> | undefined;
  /** Ends with the calls that were forgotten. */
  let forgotten: Promise<unknown> | undefined;
  let cancelWait: (() => void) | undefined;

  /** The timer runs only while somebody wants a token: a closed client keeps no process alive. */
  function endOfForgotten(): Promise<unknown> | undefined {
    if (forgotten === undefined) return undefined;
    const waited = new Promise<void>((resolve) => {
      cancelWait = time.after(LONGEST_WAIT_MS, resolve);
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

/** A token endpoint that is down often answers JSON without a token: to send that would be taken for a refusal. */
function checked(token: unknown): string {
  if (typeof token === 'string' && token !== '') return token;
  const given = token === '' ? 'an empty string' : token === null ? 'null' : typeof token;
  throw new TypeError(
    `getToken: expected a token, got ${given}. Throw where the answer has none (response.ok)`,
  );
}

const MARGIN_MS = 60_000;
const SHORTEST_MS = 1_000;
const LONGEST_MS = 86_400_000;

/**
 * Milliseconds until a token is renewed: a minute before it expires, at half time where there are less than two, every
 * day where it lasts for long. A token that the server has just taken and that seems to have expired says only that the
 * clock here is wrong.
 */
export function renewalDelay(remainingMs: number): number {
  if (!(remainingMs > 0)) return MARGIN_MS;
  return Math.min(Math.max(remainingMs - MARGIN_MS, remainingMs / 2, SHORTEST_MS), LONGEST_MS);
}
