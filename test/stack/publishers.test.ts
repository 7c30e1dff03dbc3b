import { expect, it } from 'vitest';
import { allOf, onlyOf } from './resolve.ts';
import { EVERY_OPTION, JWKS, templateOf } from './synthesize.ts';

const template = templateOf(JWKS);

it('the policy for publishers allows PutEvents on the bus of the stage, and nothing else', () => {
  const { PolicyDocument: document } = onlyOf(template, 'AWS::IAM::ManagedPolicy');
  expect(document).toMatchObject({
    Statement: [{ Effect: 'Allow', Action: 'events:PutEvents', Resource: 'arn:trade-room-dev' }],
  });
});

it('of other accounts only those of publisherAccounts may put events on the bus', () => {
  expect(allOf(template, 'AWS::Events::EventBusPolicy')).toEqual([]);
  const principals = allOf(templateOf(EVERY_OPTION), 'AWS::Events::EventBusPolicy').map(
    ({ Statement: statement }) => (statement as { Principal: { AWS: string } }).Principal.AWS,
  );
  expect(principals).toEqual(['arn:aws:iam::111111111111:root', 'arn:aws:iam::222222222222:root']);
});

it('the outputs of the stack name its address, bus, table and policy for publishers', () => {
  const names = ['WebSocketUrl', 'EventBusName', 'EventBusArn', 'TableName', 'PublisherPolicyArn'];
  expect(Object.keys(template.Outputs)).toEqual(expect.arrayContaining(names));
});
