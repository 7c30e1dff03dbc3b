import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { FunctionName } from '../config/functions.ts';
import {
  type ConnectionsMethod,
  type FunctionPermissions,
  permissions,
  TABLE_KEY_ACTIONS,
} from '../config/permissions.ts';
import type { QueueName } from '../config/queues.ts';
import type { RealtimeQueues } from './realtime-queues.ts';
import type { RealtimeWebSocketApi } from './realtime-web-socket-api.ts';

export interface PermissionTargets {
  table: TableV2;
  /** Of the key that encrypts the table, where it is not DynamoDB's own. */
  tableKeyArn: string | undefined;
  queues: RealtimeQueues;
  webSocketApi: RealtimeWebSocketApi;
  /** ARN of the JWT secret, in shared-secret mode. */
  jwtSecretArn: string | undefined;
}

/** Gives each function what `lib/config/permissions.ts` says, on exactly the resource it is about. */
export function grantPermissions(
  functions: Record<FunctionName, LambdaFunction>,
  targets: PermissionTargets,
): void {
  for (const [name, granted] of Object.entries(permissions) as [FunctionName, FunctionPermissions][]) {
    const invoked = (granted.invokes ?? []).map((other) => functions[other].functionArn);
    const statements = [
      ...statementsOf(granted, targets),
      ...tableKeyStatements(granted, targets),
      ...allow(['lambda:InvokeFunction'], invoked),
    ];
    for (const statement of statements) functions[name].addToRolePolicy(statement);
  }
}

function statementsOf(granted: FunctionPermissions, targets: PermissionTargets): PolicyStatement[] {
  const { table, queues, webSocketApi, jwtSecretArn } = targets;
  const tableActions = granted.table.map((action) => `dynamodb:${action}`);
  const connections = granted.connections.map((method) => connectionsArn(webSocketApi, method));
  const queueArns = (names: readonly QueueName[] = []) => names.map((name) => queues.byName[name].queueArn);
  const secrets = granted.readsJwtSecret && jwtSecretArn !== undefined ? [jwtSecretArn] : [];
  return [
    ...allow(tableActions, [table.tableArn]),
    ...allow(['execute-api:ManageConnections'], connections),
    ...allow(['sqs:SendMessage'], queueArns(granted.sendsTo)),
    ...allow(['sqs:ChangeMessageVisibility'], queueArns(granted.delaysMessagesOf)),
    ...allow(['secretsmanager:GetSecretValue'], secrets),
  ];
}

/** The key through DynamoDB alone: a function that could call KMS itself could decrypt what others have encrypted. */
function tableKeyStatements(
  { table: actions }: FunctionPermissions,
  { table, tableKeyArn }: PermissionTargets,
) {
  if (tableKeyArn === undefined || actions.length === 0) return [];
  const { region, urlSuffix } = Stack.of(table);
  return [
    new PolicyStatement({
      actions: TABLE_KEY_ACTIONS.map((action) => `kms:${action}`),
      resources: [tableKeyArn],
      conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${region}.${urlSuffix}` } },
    }),
  ];
}

function allow(actions: string[], resources: string[]): PolicyStatement[] {
  return actions.length === 0 || resources.length === 0 ? [] : [new PolicyStatement({ actions, resources })];
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
