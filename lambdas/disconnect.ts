import { readEnvironment } from '../lib/config/environment.ts';
import { disconnect } from '../lib/core/disconnect.ts';
import { connectionDeps } from '../lib/lambda/connection-deps.ts';
import { onConnectionEvent } from '../lib/lambda/on-connection-event.ts';

const { store, gateway } = connectionDeps(readEnvironment('disconnect'));

export const handler = onConnectionEvent('DISCONNECT', gateway, ({ connectionId }) =>
  disconnect(store, connectionId),
);
