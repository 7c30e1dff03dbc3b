import { expect, it } from 'vitest';
import { arnsOf } from '../../../lib/local/arn.ts';
import {
  dynamoDbPermissions,
  eventsPermissions,
  sqsPermissions,
} from '../../../lib/local/iam/required-permissions.ts';

const arns = arnsOf('eu-west-1');
const DYNAMODB = 'arn:aws:dynamodb:eu-west-1:000000000000:table';
const SQS = 'arn:aws:sqs:eu-west-1:000000000000';
const BUS = 'arn:aws:events:eu-west-1:000000000000:event-bus';
const written = (permissions: { action: string; resource: string }[]) =>
  permissions.map(({ action, resource }) => `${action} ${resource}`);

// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
it.each<[string, string, Record<string, unknown>, string[]]>([
  ['its action on its table', 'Query', { TableName: 'a' }, [`dynamodb:Query ${DYNAMODB}/a`]],
  [
    'its action on a table that it names by its ARN',
    'GetItem',
    { TableName: `${DYNAMODB}/a` },
    [`dynamodb:GetItem ${DYNAMODB}/a`],
  ],
  [
    'its action on the index that it reads',
    'Query',
    { TableName: 'a', IndexName: 'i' },
    [`dynamodb:Query ${DYNAMODB}/a/index/i`],
  ],
  [
    'its action on every table of a batch',
    'BatchGetItem',
    { RequestItems: { a: {}, b: {} } },
    [`dynamodb:BatchGetItem ${DYNAMODB}/a`, `dynamodb:BatchGetItem ${DYNAMODB}/b`],
  ],
  [
    'the same of a batch that writes',
    'BatchWriteItem',
    { RequestItems: { a: [] } },
    [`dynamodb:BatchWriteItem ${DYNAMODB}/a`],
  ],
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
  [
    'in a transaction the action of each item',
    'TransactWriteItems',
    {
      TransactItems: [
        { Put: { TableName: 'a' } },
        { Update: { TableName: 'a' } },
        { Delete: { TableName: 'b' } },
        { ConditionCheck: { TableName: 'c' } },
      ],
    },
    [
      `dynamodb:PutItem ${DYNAMODB}/a`,
      `dynamodb:UpdateItem ${DYNAMODB}/a`,
      `dynamodb:DeleteItem ${DYNAMODB}/b`,
      `dynamodb:ConditionCheckItem ${DYNAMODB}/c`,
    ],
  ],
  [
    'the same of a transaction that reads',
    'TransactGetItems',
    { TransactItems: [{ Get: { TableName: 'a' } }] },
    [`dynamodb:GetItem ${DYNAMODB}/a`],
  ],
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
  [
    'of a PartiQL statement the action of its verb',
    'ExecuteStatement',
    { Statement: 'select * from "a" where pk = ?' },
    [`dynamodb:PartiQLSelect ${DYNAMODB}/a`],
  ],
  [
    'of a batch of PartiQL statements the action of each verb',
    'BatchExecuteStatement',
    {
      Statements: [
        { Statement: "INSERT INTO a VALUE {'pk': 'from b'}" },
        { Statement: 'UPDATE "b.c" SET from = 1' },
        { Statement: 'DELETE FROM d' },
      ],
    },
    [
      `dynamodb:PartiQLInsert ${DYNAMODB}/a`,
      `dynamodb:PartiQLUpdate ${DYNAMODB}/b.c`,
      `dynamodb:PartiQLDelete ${DYNAMODB}/d`,
    ],
  ],
  [
    'of a PartiQL statement that is none an action that no role has on all tables',
    'ExecuteTransaction',
    { TransactStatements: [{ Statement: 'nothing' }] },
    [`dynamodb:PartiQLSelect ${DYNAMODB}/*`],
  ],
  ['its action on all tables where it names none', 'ListTables', {}, [`dynamodb:ListTables ${DYNAMODB}/*`]],
])('a call to DynamoDB needs %s', (_, operation, input, expected) => {
  expect(written(dynamoDbPermissions(operation, input, arns))).toEqual(expected);
});

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
const QueueUrl = 'http://localhost:4001/000000000000/later';
it.each<[string, Record<string, unknown>, string]>([
  ['SendMessage', { QueueUrl }, `sqs:sendmessage ${SQS}:later`],
  ['SendMessageBatch', { QueueUrl }, `sqs:sendmessage ${SQS}:later`],
  ['DeleteMessageBatch', { QueueUrl }, `sqs:deletemessage ${SQS}:later`],
  ['ChangeMessageVisibilityBatch', { QueueUrl }, `sqs:changemessagevisibility ${SQS}:later`],
  [
    'SendMessage',
    { QueueUrl: QueueUrl.replace('000000000000', '123456789012') },
    'sqs:sendmessage arn:aws:sqs:eu-west-1:123456789012:later',
  ],
  ['GetQueueUrl', { QueueName: 'later' }, `sqs:getqueueurl ${SQS}:later`],
  ['ListQueues', {}, `sqs:listqueues ${SQS}:`],
])('a call to SQS needs %s with %j: %s', (operation, input, expected) => {
  expect(written(sqsPermissions(operation, input, arns))).toEqual([expected]);
});

// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
it('PutEvents needs the action on the bus of each entry', () => {
  const Entries = [{ EventBusName: 'a' }, { EventBusName: `${BUS}/b` }, {}, { EventBusName: 'a' }];
  expect(written(eventsPermissions('PutEvents', { Entries }, arns))).toEqual([
    `events:PutEvents ${BUS}/a`,
    `events:PutEvents ${BUS}/b`,
    `events:PutEvents ${BUS}/default`,
  ]);
});

it.each<[string, Record<string, unknown>]>([
  ['BatchGetItem', { RequestItems: null }],
  ['TransactWriteItems', { TransactItems: [null, 1] }],
  ['Query', { TableName: null }],
])('%s with %j needs no permission and is refused by its service', (operation, input) => {
  expect(() => dynamoDbPermissions(operation, input, arns)).not.toThrow();
  expect(() => sqsPermissions(operation, { QueueUrl: 7 }, arns)).not.toThrow();
  expect(() => eventsPermissions(operation, { Entries: [null] }, arns)).not.toThrow();
});
