import type { TradeRoomClient } from '../client/client.ts';
import {
  type ConnectionView,
  NEW_CONNECTION,
  stateText,
  troubleText,
  withAttempt,
  withState,
  withTrouble,
} from './connection-view.ts';
import { byId, setText } from './element.ts';
import { clockText } from './format.ts';

export interface ConnectionPanel {
  /** The client is about to connect, or to renew its token. */
  attempt(): void;
  follow(client: TradeRoomClient): void;
}

/** How the page itself is connected: the state, the attempts, and what went wrong last. */
export function connectionPanel(): ConnectionPanel {
  const badge = byId('state');
  const trouble = byId('trouble');
  let view = NEW_CONNECTION;
  const show = (next: ConnectionView) => {
    view = next;
    badge.dataset['state'] = view.state;
    setText(badge, stateText(view));
    setText(trouble, troubleText(view, clockText));
  };
  return {
    attempt: () => show(withAttempt(view)),
    follow(client) {
      client.on('state', (state, cause) => show(withState(view, state, cause, Date.now())));
      client.on('error', (error) => show(withTrouble(view, error, Date.now())));
    },
  };
}
