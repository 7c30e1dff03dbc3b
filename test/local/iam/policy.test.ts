import { expect, it } from 'vitest';
import { compilePolicy } from '../../../lib/local/iam/policy.ts';

const TABLE = 'arn:aws:dynamodb:eu-west-1:000000000000:table/rows';
const allows = (actions: string[], resources: string[], [action, resource]: [string, string]) =>
  compilePolicy([{ actions, resources }])(action, resource);

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
it('a role allows what one of its statements allows, action and resource together, and nothing else', () => {
  const policy = compilePolicy([
    { actions: ['dynamodb:GetItem', 'dynamodb:Query'], resources: [TABLE] },
    { actions: ['sqs:SendMessage'], resources: ['arn:aws:sqs:eu-west-1:000000000000:later'] },
  ]);
  expect(policy('dynamodb:Query', TABLE)).toBe(true);
  expect(policy('dynamodb:BatchGetItem', TABLE)).toBe(false);
  expect(policy('dynamodb:GetItem', `${TABLE}-of-another`)).toBe(false);
  expect(policy('sqs:SendMessage', TABLE)).toBe(false);
});

it('a role without statements allows nothing', () => {
  expect(compilePolicy([])('dynamodb:GetItem', TABLE)).toBe(false);
});

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
it.each<[string, string, boolean]>([
  ['dynamodb:GetItem', 'dynamodb:getitem', true],
  ['dynamodb:*', 'dynamodb:Query', true],
  ['dynamodb:*', 'sqs:SendMessage', false],
  ['dynamodb:Get*', 'dynamodb:BatchGetItem', false],
  ['dynamodb:*Get*', 'dynamodb:BatchGetItem', true],
  ['dynamodb:Get????', 'dynamodb:GetItem', true],
  ['dynamodb:Get?', 'dynamodb:GetItem', false],
  ['*', 'sqs:SendMessage', true],
])('the action pattern %s and the action %s match: %s', (pattern, action, expected) => {
  expect(allows([pattern], ['*'], [action, TABLE])).toBe(expected);
});

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
const connections = 'arn:aws:execute-api:eu-west-1:000000000000:api/dev/POST/@connections';
const secret = 'arn:aws:secretsmanager:eu-west-1:000000000000:secret:jwt';
const lambda = 'arn:aws:lambda:eu-west-1:000000000000:function:work';
it.each<[string, string, boolean]>([
  [TABLE, TABLE, true],
  [TABLE, TABLE.toUpperCase(), false],
  [TABLE, `${TABLE}/index/by-name`, false],
  [`${TABLE}/index/*`, `${TABLE}/index/by-name`, true],
  [`${connections}/*`, `${connections}/abc=`, true],
  [`${connections}/*`, connections.replace('dev', 'prod'), false],
  [`${connections.replace('POST', '*')}/*`, `${connections}/abc=`, true],
  [`${secret}-??????`, `${secret}-AbCdEf`, true],
  [`${secret}-??????`, `${secret}-of-another-AbCdEf`, false],
  // Beyond a colon goes only what ends a segment.
  [`${lambda}*`, `${lambda}:7`, true],
  [lambda.replace('work', 'w*k'), `${lambda.replace('work', 'wo:rk')}`, false],
  [lambda.replace('eu-west-1', '*'), lambda, true],
  [lambda.replace('eu-west-1', 'eu-????-1'), lambda, true],
  // What means something to a regular expression means nothing here.
  [TABLE.replace('rows', 'ro.s'), TABLE, false],
  ['*', TABLE, true],
])('the resource pattern %s and the resource %s match: %s', (pattern, resource, expected) => {
  expect(allows(['*'], [pattern], ['dynamodb:GetItem', resource])).toBe(expected);
});

it.each([
  { actions: ['GetItem'], resources: [TABLE] },
  { actions: ['dynamodb:GetItem'], resources: ['rows'] },
  { actions: ['dynamodb:GetItem'], resources: ['arn:aws:*:eu-west-1:000000000000:table/rows'] },
  { actions: [], resources: [TABLE] },
  { actions: ['dynamodb:GetItem'], resources: [] },
])('IAM takes no statement like %j', (statement) => {
  expect(() => compilePolicy([statement])).toThrow();
});
