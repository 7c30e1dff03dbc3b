import { Logger } from '@aws-lambda-powertools/logger';
import { readEnvironment } from '../lib/config/functions.ts';
import { broadcastPart } from '../lib/core/broadcast/broadcast-slice.ts';
import { broadcastDeps } from '../lib/lambda/adapters.ts';
import { createLog } from '../lib/lambda/log.ts';
import { onPartOfBroadcast } from '../lib/lambda/on-part-of-broadcast.ts';

const deps = broadcastDeps(readEnvironment('broadcastWorker'), createLog(new Logger()));

export const handler = onPartOfBroadcast((work) => broadcastPart(deps, work));
