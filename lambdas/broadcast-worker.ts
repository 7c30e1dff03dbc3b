import { readEnvironment } from '../lib/config/environment.ts';
import { broadcastPart } from '../lib/core/broadcast-part.ts';
import { broadcastDeps } from '../lib/lambda/broadcast-deps.ts';
import { onPartOfBroadcast } from '../lib/lambda/on-part-of-broadcast.ts';

const deps = broadcastDeps(readEnvironment('broadcastWorker'));

export const handler = onPartOfBroadcast((work) => broadcastPart(deps, work));
