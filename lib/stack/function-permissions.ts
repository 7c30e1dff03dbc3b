import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { FunctionName } from '../config/functions.ts';
import {
  type ConnectionsMethod,
  permissions,
  roleStatements,
  SECRET_SUFFIX,
  type StackArns,
  TABLE_KEY_ACTIONS,
} from '../config/permissions.ts';
import type { DeployedFunctions } from './realtime-functions.ts';
import type { RealtimeQueues } from './realtime-queues.ts';
import type { RealtimeWebSocketApi } from './web-socket-api.ts';

interface PermissionTargets {
  table: TableV2;
  /** Of the key that encrypts the table, where it is not DynamoDB's own. */
  tableKeyArn: string | undefined;
  queues: RealtimeQueues;
  webSocketApi: RealtimeWebSocketApi;
  eventBusArn: string;
  /** ARN of the JWT secret, in shared-secret mode. */
  jwtSecretArn: string | undefined;
  /** ARN of the secret by which the canary gets its token, its own or the JWT secret, where there is one. */
  canarySecretArn: string | undefined;
}

/** Gives the role of each function that is deployed the statements of `lib/config/permissions.ts`. */
export function grantPermissions(functions: DeployedFunctions, targets: PermissionTargets): void {
  for (const [name, stated] of Object.entries(roleStatements(arnsOf(functions, targets)))) {
    const statements = [
      ...stated.map((statement) => new PolicyStatement(statement)),
      ...tableKeyStatements(name as FunctionName, targets),
    ];
    for (const statement of statements) functions[name as FunctionName]?.addToRolePolicy(statement);
  }
}

function arnsOf(
  functions: DeployedFunctions,
  { table, queues, webSocketApi, eventBusArn, jwtSecretArn, canarySecretArn }: PermissionTargets,
): StackArns {
  return {
    table: table.tableArn,
    queue: (name) => queues.byName[name].queueArn,
    lambda: (name) => invocable(functions, name).functionArn,
    connections: (method) => connectionsArn(webSocketApi, method),
    jwtSecret: jwtSecretArn,
    canarySecret: canarySecretArn,
    eventBus: eventBusArn,
  };
}

function invocable(functions: DeployedFunctions, name: FunctionName): LambdaFunction {
  const found = functions[name];
  if (found === undefined) throw new Error(`${name} is invoked by a function, but it is not deployed`);
  return found;
}

/** The key through DynamoDB alone: a function that could call KMS itself could decrypt what others have encrypted. */
function tableKeyStatements(
  name: FunctionName,
  { table, tableKeyArn }: PermissionTargets,
): PolicyStatement[] {
  if (tableKeyArn === undefined || permissions[name].table.length === 0) return [];
  const { region, urlSuffix } = Stack.of(table);
  return [
    new PolicyStatement({
      actions: TABLE_KEY_ACTIONS.map((action) => `kms:${action}`),
      resources: [tableKeyArn],
      conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${region}.${urlSuffix}` } },
    }),
  ];
}

/** Of this stage alone: the API may have others. Which connection it is about is only known when it is there. */
function connectionsArn({ api, stage }: RealtimeWebSocketApi, method: ConnectionsMethod): string {
  return Stack.of(api).formatArn({
    service: 'execute-api',
    resource: api.apiId,
    resourceName: `${stage.stageName}/${method}/@connections/*`,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

/** ARN pattern of a secret of this account and region; a full ARN stays as it is. */
export function secretArn(scope: Construct, nameOrArn: string): string {
  if (nameOrArn.startsWith('arn:')) return nameOrArn;
  return Arn.format(
    {
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: `${nameOrArn}${SECRET_SUFFIX}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    },
    Stack.of(scope),
  );
}
