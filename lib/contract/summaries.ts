import type { ClientMessageType } from '../protocol/client-messages.ts';
import { MAX_CLIENT_MESSAGE_BYTES, MAX_MESSAGE_BYTES } from '../protocol/limits.ts';
import type { RoomEventType } from '../protocol/room-events.ts';
import type { ServerMessageType } from './message-schemas.ts';

const clientLimit = `At most ${MAX_CLIENT_MESSAGE_BYTES} bytes.`;

/** What a client wants by each of its messages, and what the schema cannot say of it. */
export const clientSummaries: Record<ClientMessageType, string> = {
  auth: `Authenticates the connection, or renews its token. Without a usable token it is a failed auth, after which the connection is closed. ${clientLimit}`,
  subscribe_room: `Asks for the events of a room. \`since\`, \`snapshot\` and \`batch\` say how the subscription begins. ${clientLimit}`,
  unsubscribe_room: `Leaves a room. ${clientLimit}`,
  ping: `Keeps the connection from being closed for its silence, and asks what the last number of rooms is. ${clientLimit}`,
};

const eventSummaries: Record<RoomEventType, string> = {
  leaderboard_update: 'The leaderboard of the room. The newest counts.',
  position_update: 'A position, by its positionId. The newest counts, until its position_closed.',
  order_executed: 'An order that was executed. Every one is sent.',
  order_failed: 'An order that failed. Every one is sent.',
  room_state_changed: 'The state of the room. The newest counts.',
  position_closed: 'A position that was closed. Every one is sent.',
};

/** What each frame tells a client. */
export const serverSummaries: Record<ServerMessageType, string> = {
  auth_success: 'The token is in force until `expiresAt`, in milliseconds since 1970.',
  room_subscribed:
    'The subscription is live: every event with a greater number than `seq` is sent. `recovered` says whether `events` are all that was missed.',
  subscribe_pending: 'The room is subscribed to as soon as `auth` is through.',
  room_unsubscribed: 'The room was left, or had not been subscribed to.',
  pong: 'The connection is alive, and its token valid.',
  error: 'What was wrong, by a closed set of codes. Some of them close the connection.',
  ...eventSummaries,
  batch: 'Several events of a room in one frame, for who subscribed with `batch`.',
};

/** What a service says by each event on the bus, and what the schema cannot say of it. */
export const busSummaries: Record<RoomEventType, string> = Object.fromEntries(
  Object.entries(eventSummaries).map(([type, summary]) => [
    type,
    `${summary} The frame that is made of it has at most ${MAX_MESSAGE_BYTES} bytes.`,
  ]),
) as Record<RoomEventType, string>;
