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
import { byId, element, keyedList, setCells, setText } from './dom.ts';
import type { Emulator, EmulatorConnection } from './emulator.ts';
import { clockText } from './format.ts';
import { type RoomCount, roomsOf } from './room-view.ts';

/** Shows the connections of the emulator, their rooms, and buttons that break them. `watch` is called to show another room. */
export function connectionsPanel(options: {
  emulator: Emulator;
  userId: string;
  watched: () => string;
  watch: (roomId: string) => void;
}): (connections: readonly EmulatorConnection[]) => void {
  const { emulator, userId, watched, watch } = options;
  const result = byId('break-result');
  /** Connection id → user id. A connection has a user id only after it has authenticated. */
  let names = new Map<string, string>();
  const report = (what: string, work: Promise<void>) =>
    work.then(
      () => setText(result, what),
      (error: Error) => setText(result, error.message),
    );

  const showRooms = keyedList<RoomCount, HTMLLIElement>(byId('rooms'), {
    keyOf: ({ roomId }) => roomId,
    create({ roomId }) {
      const item = element('li');
      const button = element('button', roomId, { type: 'button' });
      button.addEventListener('click', () => watch(roomId));
      item.append(button, element('span', ''));
      return item;
    },
    update(item, { roomId, members }) {
      const [button, count] = item.children;
      button?.setAttribute('aria-current', String(roomId === watched()));
      if (count) setText(count, members === 1 ? '1 member' : `${members} members`);
    },
  });

  const nameOf = (connectionId: string) => names.get(connectionId) ?? connectionId;
  const breakButtons = ({ connectionId }: EmulatorConnection): HTMLElement => {
    const buttons = element('div', '', { className: 'buttons' });
    const add = (label: string, act: (button: HTMLButtonElement) => Promise<unknown>) => {
      const button = element('button', label, { type: 'button' });
      button.addEventListener('click', () => void act(button));
      buttons.append(button);
    };
    add('Drop', () => report(`${nameOf(connectionId)}: dropped`, emulator.act(connectionId, 'drop')));
    add('Throttle', (button) => {
      const throttled = button.getAttribute('aria-pressed') !== 'true';
      const what = throttled ? 'every post is answered 429' : 'posts arrive again';
      return report(`${nameOf(connectionId)}: ${what}`, emulator.throttle(connectionId, throttled));
    });
    add('Expire token', () =>
      report(`${nameOf(connectionId)}: token expired`, emulator.act(connectionId, 'expire-token')),
    );
    return buttons;
  };

  const showConnections = keyedList<EmulatorConnection, HTMLTableRowElement>(byId('connections'), {
    keyOf: ({ connectionId }) => connectionId,
    create(connection) {
      const row = element('tr');
      setCells(row, [{ text: '' }, { text: '' }, { text: '' }, { text: '' }]);
      row.cells[3]?.append(breakButtons(connection));
      return row;
    },
    update(row, connection) {
      const { userId: user = 'not authenticated', rooms, connectedAt, throttled } = connection;
      const own = user === userId ? `${user} (this page)` : user;
      setCells(row, [
        { text: own },
        { text: Object.keys(rooms).join(', ') },
        { text: clockText(Date.parse(connectedAt)) },
      ]);
      const buttons = row.querySelectorAll('button');
      // So that a screen reader distinguishes the buttons of different rows.
      for (const button of buttons)
        button.ariaLabel = `${button.textContent}: ${nameOf(connection.connectionId)}`;
      buttons[1]?.setAttribute('aria-pressed', String(throttled));
    },
  });

  return (connections) => {
    names = new Map(
      connections.map(({ connectionId, userId: user }) => [connectionId, user ?? connectionId]),
    );
    showRooms(roomsOf(connections));
    showConnections(connections);
  };
}

interface ConnectionPanel {
  /** Call it when the client asks for a token: to connect, or to renew it. */
  attempt(): void;
  follow(client: TradeRoomClient): void;
}

/** Shows the page's own connection: the state, the attempts and the last error. */
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
