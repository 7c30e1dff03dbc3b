import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  MANAGEMENT_OPERATIONS,
  type ManagementPath,
  managementPath,
  serveManagementCall,
} from './api-gateway/management-api.ts';
import type { WebSocketApiServer } from './api-gateway/web-socket-api.ts';
import type { Arns } from './arn.ts';
import { AwsError, type AwsJsonService } from './aws-json-service.ts';
import type { DevRoute } from './dev/dev-routes.ts';
import type { DynamoDb } from './dynamodb/dynamodb.ts';
import type { AwsCall, Faults } from './faults.ts';
import { serveWithFaults } from './faults.ts';
import { serveAwsJson, unknownOperation } from './http/aws-json-protocol.ts';
import { type Pages, servePage } from './http/pages.ts';
import { isTooLargeForAll, LARGEST_BODY_BYTES, readBody, tooLargeSentence } from './http/request.ts';
import {
  respondJson,
  respondJsonProtocolError,
  respondLambdaError,
  respondManagementError,
} from './http/respond.ts';
import type { Authorize } from './iam/access-control.ts';
import { dynamoDbPermissions } from './iam/required-permissions.ts';
import {
  type InvocationPath,
  type InvokeApi,
  invocationPath,
  invocationTarget,
  serveInvoke,
} from './lambda/invoke-api.ts';
import type { Time } from './time.ts';

interface HttpFrontOptions {
  stage: string;
  apiId: string;
  arns: Arns;
  authorize: Authorize;
  webSocketApi: WebSocketApiServer;
  lambda: InvokeApi;
  dynamoDb: DynamoDb;
  jsonServices: { name: AwsCall['service']; service: AwsJsonService }[];
  devRoute: (path: string) => DevRoute | undefined;
  pages?: Pages | undefined;
  faults: Faults;
  time: Time;
  print: (line: string) => void;
}

export type HttpFront = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const DYNAMO_DB_TARGET = 'DynamoDB_20120810';

/** Serves everything but WebSockets, by path and by the `x-amz-target` header. Never rejects. */
export function createHttpFront(options: HttpFrontOptions): HttpFront {
  return async (request, response) => {
    try {
      await dispatch(options, request, response);
    } catch (error) {
      // The client has closed the connection before the end of its request.
      if (request.destroyed && !request.complete) return;
      options.print(error instanceof Error ? String(error.stack) : String(error));
      respondJson(response, 500, { message: 'The local emulator failed; its terminal shows why.' });
    }
  };
}

function dispatch(
  options: HttpFrontOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> | void {
  if (isTooLargeForAll(request)) return refuseTooLarge(request, response);
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const management = managementPath(path);
  if (management) return manageConnection(options, management, request, response);
  const invocation = request.method === 'POST' ? invocationPath(request.url ?? '/') : undefined;
  if (invocation) return invokeFunction(options, invocation, request, response);
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return callService(options, target, request, response);
  const devRoute = options.devRoute(path);
  if (devRoute) return devRoute(request, response);
  return servePage(options.pages, path, request, response);
}

async function refuseTooLarge(request: IncomingMessage, response: ServerResponse): Promise<void> {
  await readBody(request, LARGEST_BODY_BYTES);
  respondJson(response, 413, { message: tooLargeSentence(LARGEST_BODY_BYTES) });
}

function manageConnection(
  { stage, apiId, arns, authorize, webSocketApi, faults, time }: HttpFrontOptions,
  path: ManagementPath,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> | void {
  const { connectionId } = path;
  const answerError = (error: AwsError) => respondManagementError(response, error);
  return withAwsErrors(answerError, () => {
    const { method = '' } = request;
    authorize(request, 'execute-api', () => {
      const resource = arns.connection({ apiId, stage: path.stage ?? stage, method, connectionId });
      return [{ action: 'execute-api:ManageConnections', resource }];
    });
    const operation = MANAGEMENT_OPERATIONS[method];
    // AWS gives the same answer for an unknown method or stage as for a missing permission.
    if (operation === undefined || (path.stage ?? stage) !== stage) {
      throw new AwsError('ForbiddenException', 'Forbidden', 403);
    }
    return serveWithFaults(faults, { service: 'execute-api', operation, connectionId }, request, () =>
      serveManagementCall(webSocketApi, time, { operation, connectionId, request, response }),
    );
  });
}

function invokeFunction(
  { lambda, arns, authorize, faults }: HttpFrontOptions,
  path: InvocationPath,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> | void {
  const answerError = (error: AwsError) => respondLambdaError(response, error);
  return withAwsErrors(answerError, () => {
    const target = invocationTarget(path, lambda.region);
    // First, because only a caller with permission may learn whether the function exists.
    authorize(request, 'lambda', () => {
      const { functionName, qualifier } = target;
      const qualified = qualifier === undefined ? functionName : `${functionName}:${qualifier}`;
      return [{ action: 'lambda:InvokeFunction', resource: arns.lambda(qualified) }];
    });
    const call: AwsCall = { service: 'lambda', operation: 'Invoke', functionName: target.functionName };
    return serveWithFaults(faults, call, request, () => serveInvoke(lambda, { target, request, response }));
  });
}

function callService(
  { dynamoDb, jsonServices, arns, authorize, faults }: HttpFrontOptions,
  target: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> | void {
  const [prefix = '', operation = ''] = target.split('.');
  const answerError = (error: AwsError) => respondJsonProtocolError(response, error);
  return withAwsErrors(answerError, () => {
    if (prefix === DYNAMO_DB_TARGET) {
      return serveWithFaults(faults, { service: 'dynamodb', operation }, request, () =>
        dynamoDb.handle(request, response, (input) =>
          authorize(request, 'dynamodb', () => dynamoDbPermissions(operation, input(), arns)),
        ),
      );
    }
    const served = jsonServices.find(({ service }) => service.target === prefix);
    if (served === undefined) throw unknownOperation();
    return serveWithFaults(faults, { service: served.name, operation }, request, () =>
      serveAwsJson({ ...served, operation, authorize, request, response }),
    );
  });
}

function withAwsErrors(
  answer: (error: AwsError) => void,
  serve: () => Promise<void> | void,
): Promise<void> | void {
  const answerIfAws = (error: unknown) => {
    if (!(error instanceof AwsError)) throw error;
    answer(error);
  };
  try {
    return serve()?.catch(answerIfAws);
  } catch (error) {
    answerIfAws(error);
  }
}
