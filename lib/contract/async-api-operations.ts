import type { ClientMessageType } from '../protocol/client-messages.ts';
import { roomEventTypes } from '../protocol/room-events.ts';
import type { ServerMessageType } from './message-schemas.ts';

/** What may answer each message. The first one is what the client hopes for. */
const answers: Record<ClientMessageType, readonly ServerMessageType[]> = {
  auth: ['auth_success', 'error'],
  subscribe_room: ['room_subscribed', 'subscribe_pending', 'room_unsubscribed', 'error'],
  // One that was overtaken by a later subscribe is answered with what is true.
  unsubscribe_room: ['room_unsubscribed', 'room_subscribed', 'subscribe_pending', 'error'],
  ping: ['pong', 'error'],
};

const connection = { $ref: '#/channels/connection' };
const bus = { $ref: '#/channels/bus' };
const onConnection = (name: string) => ({ $ref: `#/channels/connection/messages/${name}` });

/** What the backend does: it receives what clients and services send, and sends what clients get. */
export function operations(): Record<string, object> {
  const requests = Object.entries(answers).map(([type, replies]) => [
    type,
    {
      action: 'receive',
      summary: `A client sends ${type}.`,
      channel: connection,
      messages: [onConnection(`client.${type}`)],
      reply: { channel: connection, messages: replies.map((reply) => onConnection(`server.${reply}`)) },
    },
  ]);
  return {
    ...Object.fromEntries(requests),
    room_events: {
      action: 'send',
      summary:
        'Every connection that is subscribed to the room gets its events, in the order of their numbers.',
      channel: connection,
      messages: [...roomEventTypes, 'batch'].map((type) => onConnection(`server.${type}`)),
    },
    unasked: {
      action: 'send',
      summary:
        'What the server says by itself: that a token has expired, that nobody authenticated in time, or that a pending subscription is live.',
      channel: connection,
      messages: [onConnection('server.error'), onConnection('server.room_subscribed')],
    },
    bus_events: {
      action: 'receive',
      summary: 'A service publishes an event of a room, with its type as DetailType.',
      channel: bus,
      messages: roomEventTypes.map((type) => ({ $ref: `#/channels/bus/messages/bus.${type}` })),
    },
  };
}
