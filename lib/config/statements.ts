import type { Statement } from '../local/description.ts';
import { type FunctionName, functions } from './functions.ts';
import { type ConnectionsMethod, type FunctionPermissions, permissions } from './permissions.ts';
import { type QueueDescription, type QueueName, queues } from './queues.ts';

/** What the resources of a stack are called in IAM, in AWS or locally. */
export interface StackArns {
  table: string;
  queue(name: QueueName): string;
  lambda(name: FunctionName): string;
  /** Every connection of this stage and of no other. */
  connections(method: ConnectionsMethod): string;
  /** Where the token mode has one. */
  jwtSecret: string | undefined;
  /** By which the canary gets its token: its own or the JWT secret. */
  canarySecret: string | undefined;
  eventBus: string;
}

/** With copies, for CDK, whose lists are not read-only. */
interface AllowStatement extends Statement {
  actions: string[];
  resources: string[];
}

/** Lambda polls in the function's role. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions */
const POLLING = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

/**
 * Secrets Manager adds a hyphen and six characters to the name of a secret. Question marks match exactly these; with an
 * asterisk, `jwt` would give access to `jwt-of-another` too.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/permissions_grant-limited-resources.html
 */
export const SECRET_SUFFIX = '-??????';

/**
 * The IAM statements of every function's role, next to writing its own log: what `permissions.ts` says, on exactly the
 * resources it is about, and polling the queues that the function consumes.
 */
export function roleStatements(arns: StackArns): Record<FunctionName, AllowStatement[]> {
  const names = Object.keys(functions) as FunctionName[];
  return Object.fromEntries(names.map((name) => [name, statementsOf(name, arns)])) as Record<
    FunctionName,
    AllowStatement[]
  >;
}

function statementsOf(name: FunctionName, arns: StackArns): AllowStatement[] {
  const granted: FunctionPermissions = permissions[name];
  const queueArns = (queueNames: readonly QueueName[] = []) => queueNames.map(arns.queue);
  const secrets = [
    granted.readsJwtSecret && arns.jwtSecret,
    granted.readsCanarySecret && arns.canarySecret,
  ].filter((arn) => arn !== undefined);
  return [
    ...allow(
      granted.table.map((action) => `dynamodb:${action}`),
      [arns.table],
    ),
    ...allow(['execute-api:ManageConnections'], granted.connections.map(arns.connections)),
    ...allow(['sqs:SendMessage'], queueArns(granted.sendsTo)),
    ...allow(['sqs:ChangeMessageVisibility'], queueArns(granted.advancesRetriesOf)),
    ...allow(POLLING, queueArns(consumedBy(name))),
    ...allow(['secretsmanager:GetSecretValue'], secrets),
    ...allow(['events:PutEvents'], granted.publishes ? [arns.eventBus] : []),
    ...allow(['lambda:InvokeFunction'], (granted.invokes ?? []).map(arns.lambda)),
  ];
}

function consumedBy(name: FunctionName): QueueName[] {
  const described = Object.entries(queues) as [QueueName, QueueDescription][];
  return described.filter(([, { consumer }]) => consumer?.function === name).map(([queue]) => queue);
}

function allow(actions: string[], resources: string[]): AllowStatement[] {
  return actions.length === 0 || resources.length === 0 ? [] : [{ actions, resources }];
}
