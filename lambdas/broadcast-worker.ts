import { Logger } from '@aws-lambda-powertools/logger';
import { readEnvironment } from '../lib/config/functions.ts';
import { broadcastSlice } from '../lib/core/broadcast/broadcast-slice.ts';
import { broadcastDeps } from '../lib/lambda/adapters.ts';
import { createLog } from '../lib/lambda/log.ts';
import { onBroadcastSlice } from '../lib/lambda/on-broadcast-slice.ts';

const deps = broadcastDeps(readEnvironment('broadcastWorker'), createLog(new Logger()));

export const handler = onBroadcastSlice((work) => broadcastSlice(deps, work));
