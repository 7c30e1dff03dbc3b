import type { ClientMessageType } from '../protocol/client-messages.ts';
import type { FunctionName } from './functions.ts';

export const ROUTE_SELECTION_EXPRESSION = '$request.body.type';

interface RouteDescription {
  function: FunctionName;
  /** Two-way: what the function returns is sent to the client. */
  returnResponse: boolean;
}

/** Every route of the WebSocket API. `$connect` and `$disconnect` have no client that waits for a frame. */
export const routes = {
  $connect: { function: 'connect', returnResponse: false },
  $disconnect: { function: 'disconnect', returnResponse: false },
  $default: { function: 'default', returnResponse: true },
  auth: { function: 'auth', returnResponse: true },
  subscribe_room: { function: 'subscribeRoom', returnResponse: true },
  unsubscribe_room: { function: 'unsubscribeRoom', returnResponse: true },
  ping: { function: 'ping', returnResponse: true },
} as const satisfies Record<ClientMessageType | `$${'connect' | 'disconnect' | 'default'}`, RouteDescription>;

/**
 * Which events of the bus are taken in: all of the Trade Room's services. The type is not part of the pattern: an
 * event with a misspelt type must become a dead letter with its reason, not vanish.
 */
export const eventRule = {
  name: 'ingest',
  pattern: { source: ['trade-room', { prefix: 'trade-room.' }] },
  function: 'ingest',
  /** Lambda's own retries of the asynchronous invocation. */
  maximumRetryAttempts: 2,
  /** All retries of Lambda must end within five minutes. For that long SQS recognises a duplicate. */
  maximumEventAgeSeconds: 220,
  /** How long EventBridge itself tries to hand an event to Lambda: its own default is a day. */
  maximumDeliveryAgeSeconds: 60,
  /** Gets the events that EventBridge could not deliver, that Lambda gave up, and that the handler dead-letters. */
  deadLetterQueue: 'event-dead-letters',
} as const;
