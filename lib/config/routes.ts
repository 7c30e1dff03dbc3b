import type { ClientMessageType } from '../protocol/client-messages.ts';
import type { FunctionName } from './functions.ts';

export const ROUTE_SELECTION_EXPRESSION = '$request.body.type';

/** How many messages a second each route takes, over all clients, and how many at once. */
export const DEFAULT_THROTTLE = { rateLimit: 2_000, burstLimit: 1_000 } as const;

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
