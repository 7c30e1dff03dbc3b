import { onUnroutableMessage } from '../lib/lambda/on-client-message.ts';

export const handler = onUnroutableMessage;
