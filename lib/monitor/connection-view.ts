import type { ConnectionState } from '../client/client.ts';

interface Trouble {
  code: string;
  message: string;
}

/** What the page shows of its own connection. */
export interface ConnectionView {
  state: ConnectionState;
  /** Attempts to connect since it was last connected. */
  attempts: number;
  losses: number;
  /** `at` in epoch milliseconds. */
  lastTrouble: (Trouble & { at: number }) | undefined;
}

export const NEW_CONNECTION: ConnectionView = {
  state: 'connecting',
  attempts: 0,
  losses: 0,
  lastTrouble: undefined,
};

/** Counts an attempt, unless it is connected: then the token is only renewed. */
export function withAttempt(view: ConnectionView): ConnectionView {
  return view.state === 'connected' ? view : { ...view, attempts: view.attempts + 1 };
}

export function withTrouble(view: ConnectionView, { code, message }: Trouble, at: number): ConnectionView {
  return { ...view, lastTrouble: { code, message, at } };
}

/** Sets the state. A change from `connected` to another state counts as a loss. */
export function withState(
  view: ConnectionView,
  state: ConnectionState,
  cause: Trouble | undefined,
  at: number,
): ConnectionView {
  const isLoss = view.state === 'connected' && state !== 'connected';
  const attempts = state === 'connected' ? 0 : view.attempts;
  const changed = { ...view, state, attempts, losses: view.losses + (isLoss ? 1 : 0) };
  return cause === undefined ? changed : withTrouble(changed, cause, at);
}

/** A short text, because a screen reader reads it at every change. */
export function stateText({ state, attempts }: ConnectionView): string {
  return state === 'connecting' && attempts > 1 ? `connecting, attempt ${attempts}` : state;
}

/** The losses and the last error; empty if there was none. */
export function troubleText({ losses, lastTrouble }: ConnectionView, clock: (at: number) => string): string {
  const parts: string[] = [];
  if (losses > 0) parts.push(losses === 1 ? 'lost once' : `lost ${losses} times`);
  if (lastTrouble !== undefined) {
    parts.push(`last trouble at ${clock(lastTrouble.at)}: ${lastTrouble.code}, ${lastTrouble.message}`);
  }
  return parts.join(', ');
}
