import { ACCOUNT_ID, type Arns } from '../arn.ts';

/** A permission that a call requires from the role of its caller. */
export interface Permission {
  /** `service:Action`, spelled as in AWS's error message. */
  action: string;
  resource: string;
}

type Input = Record<string, unknown>;

/**
 * The permissions of a DynamoDB call: the operation is an action on every table in the request, each item of a transaction has
 * its own action, and a Query or Scan of an index needs the ARN of the index.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
 */
export function dynamoDbPermissions(operation: string, input: Input, arns: Arns): Permission[] {
  const on = (action: string, table: unknown) => ({
    action: `dynamodb:${action}`,
    resource: resourceOf(table, arns.table),
  });
  if (operation === 'BatchGetItem' || operation === 'BatchWriteItem') {
    return Object.keys(objectOf(input['RequestItems'])).map((table) => on(operation, table));
  }
  if (operation === 'TransactGetItems' || operation === 'TransactWriteItems') {
    return listOf(input['TransactItems']).flatMap((item) =>
      Object.entries(item).map(([kind, of]) =>
        on(TRANSACTION_ACTIONS[kind] ?? kind, objectOf(of)['TableName']),
      ),
    );
  }
  const statements = partiQlOf(operation, input);
  if (statements !== undefined) {
    return statements.map((statement) => {
      const [, reads, inserts, updates, table = '*'] = PARTIQL.exec(statement) ?? [];
      const verb = (reads ?? inserts ?? updates ?? 'select').toLowerCase();
      return on(PARTIQL_ACTIONS[verb] ?? verb, table);
    });
  }
  const { action, resource } = on(operation, input['TableName'] ?? '*');
  return [{ action, resource: withIndex(resource, input['IndexName']) }];
}

const TRANSACTION_ACTIONS: Record<string, string> = {
  Get: 'GetItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
};

/** IAM has an action for each kind of PartiQL statement, but none for the operations that run them. */
const PARTIQL_ACTIONS: Record<string, string> = {
  select: 'PartiQLSelect',
  insert: 'PartiQLInsert',
  update: 'PartiQLUpdate',
  delete: 'PartiQLDelete',
};
const PARTIQL = /^\s*(?:(select|delete)\b.*?\bfrom|(insert)\s+into|(update))\s+"?([\w.-]+)/is;

function partiQlOf(operation: string, input: Input): string[] | undefined {
  const statementOf = ({ Statement }: Input) => String(Statement);
  if (operation === 'ExecuteStatement') return [statementOf(input)];
  if (operation === 'BatchExecuteStatement') return listOf(input['Statements']).map(statementOf);
  if (operation === 'ExecuteTransaction') return listOf(input['TransactStatements']).map(statementOf);
  return undefined;
}

function withIndex(table: string, index: unknown): string {
  return typeof index === 'string' ? `${table}/index/${index}` : table;
}

/**
 * The permissions of an SQS call. The account in `QueueUrl` is part of the resource. A batch operation needs the action of the
 * single operation. SQS spells actions in lower case in its error messages.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
 */
export function sqsPermissions(operation: string, input: Input, arns: Arns): Permission[] {
  const queue = input['QueueUrl'] ?? input['QueueName'] ?? '';
  const path = typeof queue === 'string' ? queue.split('/') : [];
  const account = path.at(-2);
  const resource = arns.queue(path.at(-1) ?? '');
  const action = operation.replace(/Batch$/, '').toLowerCase();
  return [
    {
      action: `sqs:${action}`,
      resource: account === undefined ? resource : resource.replace(ACCOUNT_ID, account),
    },
  ];
}

/**
 * The permissions of an EventBridge call: `PutEvents` needs one for the bus of each entry.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
 */
export function eventsPermissions(operation: string, input: Input, arns: Arns): Permission[] {
  const buses = new Set(listOf(input['Entries']).map((entry) => entry['EventBusName'] ?? 'default'));
  return [...buses].map((bus) => ({
    action: `events:${operation}`,
    resource: resourceOf(bus, arns.eventBus),
  }));
}

/** The ARN of a resource from its name or ARN. */
function resourceOf(nameOrArn: unknown, arnOf: (name: string) => string): string {
  const text = String(nameOrArn);
  return text.startsWith('arn:') ? text : arnOf(text);
}

function objectOf(value: unknown): Input {
  return typeof value === 'object' && value !== null ? (value as Input) : {};
}

function listOf(value: unknown): Input[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}
