import type { AccountQuotas } from './account-quotas.ts';
import { createThrottling } from './api-gateway/throttling.ts';
import { createWebSocketApi, type WebSocketApiServer } from './api-gateway/web-socket-api.ts';
import { arnsOf } from './arn.ts';
import type { StackDescription } from './description.ts';
import { devRoutes } from './dev/dev-routes.ts';
import { devTokens } from './dev/dev-tokens.ts';
import { type DynamoDb, startDynamoDb } from './dynamodb/dynamodb.ts';
import { eventBridge } from './event-bridge/event-bridge.ts';
import { createHttpFront, type HttpFront } from './http-front.ts';
import { createAccessControl } from './iam/access-control.ts';
import type { Invoke } from './invoke.ts';
import type { FunctionLog, InvocationLog } from './lambda/function-log.ts';
import { createInvokeAsynchronously } from './lambda/invoke-asynchronously.ts';
import type { RecursionDetection } from './lambda/recursion-detection.ts';
import type { LocalEmulatorOptions } from './options.ts';
import { startSchedules } from './schedules.ts';
import { secretsManager } from './secrets-manager.ts';
import { createSqs, type Sqs } from './sqs/create-sqs.ts';

/** The options of the local emulator with their defaults, and the values that its start has determined. */
interface ServicesOptions
  extends Pick<LocalEmulatorOptions, 'inspectConnection' | 'connectionActions' | 'tokens' | 'pages'>,
    Required<Pick<LocalEmulatorOptions, 'time' | 'faults' | 'randomBytes' | 'newId' | 'print'>> {
  endpoint: string;
  description: StackDescription;
  quotas: AccountQuotas;
  invoke: Invoke;
  invocations: InvocationLog;
  functionLog: FunctionLog;
  recursion: RecursionDetection;
}

export interface Services {
  front: HttpFront;
  webSocketApi: WebSocketApiServer;
  dynamoDb: DynamoDb;
  sqs: Sqs;
  stopSchedules: () => void;
}

/** Starts every service of the described stack and connects them: rules and queues to functions, and all to one port. */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const { description, endpoint, time } = options;
  const { region, functions, queues, tables, apiId, stage, webSocketApi: api } = description;
  const { host: domainName } = new URL(endpoint);
  const throttling = createThrottling({ ...options, api });
  const webSocketApi = createWebSocketApi({ ...options, api, apiId, stage, domainName, throttling });
  const sqs = createSqs({ ...options, queues, region });
  const invokeAsynchronously = createInvokeAsynchronously({
    ...options,
    functions,
    region,
    sendToQueue: sqs.send,
  });
  const events = eventBridge({ ...options, bus: description.eventBus, region, invokeAsynchronously });
  const dynamoDb = await startDynamoDb({ ...options, tables, time, region });

  const front = createHttpFront({
    ...options,
    stage,
    apiId,
    arns: arnsOf(region),
    authorize: createAccessControl({ functions, print: options.print }),
    webSocketApi,
    lambda: { functions, region, invoke: options.invoke, invokeAsynchronously },
    dynamoDb,
    jsonServices: [
      { name: 'events', service: events },
      { name: 'sqs', service: sqs.service },
      { name: 'secretsmanager', service: secretsManager(description.secrets, region) },
    ],
    devRoute: devRoutes({
      description,
      invocations: options.invocations,
      functionLog: options.functionLog,
      recursion: options.recursion,
      connections: webSocketApi.connections,
      connectionsCutOff: webSocketApi.cutOff,
      inspectConnection: options.inspectConnection,
      connectionActions: options.connectionActions,
      tokens: options.tokens && devTokens({ ...options.tokens, time }),
    }),
  });
  const { schedules = [] } = description;
  const stopSchedules = startSchedules({ schedules, invokeAsynchronously, time });
  return { front, webSocketApi, dynamoDb, sqs, stopSchedules };
}
