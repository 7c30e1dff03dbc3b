import { createTradeRoomClient } from '../client/client.ts';
import { connectionPanel, connectionsPanel } from './connections-panel.ts';
import { byId, eachFrame, poll, setText } from './dom.ts';
import { connectEmulator } from './emulator.ts';
import { eventsPanel } from './events-panel.ts';
import { framesPanel } from './frames-panel.ts';
import { type Latencies, withLatency } from './latency.ts';
import { latencyPanel, roomPanels } from './room-panels.ts';
import { EMPTY_ROOM, type RoomView, withNews, withoutClosed } from './room-view.ts';
import { watchRoom } from './watch-room.ts';

const DEFAULT_ROOM = '42';
/** A request without an answer in this time has failed. */
const MAX_ANSWER_MS = 5_000;

const userId = `monitor-${crypto.randomUUID().slice(0, 4)}`;
const emulator = connectEmulator((path, init) =>
  fetch(path, { signal: AbortSignal.timeout(MAX_ANSWER_MS), ...init }),
);
const ownConnection = connectionPanel();
const client = createTradeRoomClient({
  url: location.origin.replace('http', 'ws'),
  getToken() {
    ownConnection.attempt();
    return emulator.token(userId);
  },
});

let roomId = '';
let leaveRoom: (() => void) | undefined;
let view: RoomView = EMPTY_ROOM;
let latencies: Latencies = [];

const showRoom = roomPanels();
const showLatency = latencyPanel();
const showFrame = framesPanel();
const render = eachFrame(() => {
  view = withoutClosed(view, Date.now());
  showRoom(view);
  showLatency(latencies);
});

function watch(wanted: string): void {
  leaveRoom?.();
  roomId = wanted;
  view = EMPTY_ROOM;
  byId<HTMLInputElement>('room').value = roomId;
  document.title = `Room ${roomId}`;
  leaveRoom = watchRoom(client, roomId, {
    onNews(news, isReplayed) {
      view = withNews(view, news);
      if (!isReplayed) latencies = withLatency(latencies, Date.now() - news.publishedAt);
      render();
    },
    onReset() {
      view = EMPTY_ROOM;
      render();
    },
    onState: (text) => setText(byId('details'), `${userId}, ${text}`),
  });
  render();
}

function watchAnother(wanted: string): void {
  if (wanted === roomId) return;
  history.pushState(null, '', `?room=${encodeURIComponent(wanted)}`);
  watch(wanted);
}

const roomOfAddress = () => new URLSearchParams(location.search).get('room') || DEFAULT_ROOM;

ownConnection.follow(client);
client.on('frame', showFrame);

byId('room-form').addEventListener('submit', (event) => {
  event.preventDefault();
  watchAnother(byId<HTMLInputElement>('room').value.trim());
});
addEventListener('popstate', () => watch(roomOfAddress()));
watch(roomOfAddress());

const showConnections = connectionsPanel({ emulator, userId, watched: () => roomId, watch: watchAnother });
const showInvocations = eventsPanel(emulator, () => roomId);
let lastInvocation = 0;
const emulatorLost = byId('emulator-lost');
poll(
  async () => {
    showConnections(await emulator.connections());
    const { last, invocations } = await emulator.invocations(lastInvocation);
    // If the emulator was restarted between two polls, it counts from one again.
    const isNew = last < lastInvocation;
    lastInvocation = isNew ? 0 : last;
    showInvocations(invocations);
    // Removes closed positions after a while, also without new events.
    render();
  },
  (isAnswering) => {
    if (!isAnswering) {
      // A restarted emulator counts from one.
      lastInvocation = 0;
      setText(emulatorLost, 'The emulator does not answer. This page continues to try.');
    }
    emulatorLost.hidden = isAnswering;
  },
);
