import { onUnroutableMessage } from '../lib/lambda/websocket-routes.ts';

export const handler = onUnroutableMessage;
