import { expect, it } from 'vitest';
import { EVERY_OPTION, JWKS, SHORT_LIVED, templateOf } from './synthesize.ts';

function tableOf(settings: Record<string, unknown>) {
  const [table] = Object.values(templateOf(settings).Resources).filter(
    ({ Type: type }) => type === 'AWS::DynamoDB::GlobalTable',
  );
  return table ?? { Type: '', Properties: {} };
}

it('the table is on demand, and can be recovered to any point in time', () => {
  expect(tableOf(JWKS).Properties).toMatchObject({
    BillingMode: 'PAY_PER_REQUEST',
    Replicas: [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }],
  });
});

it('the table is encrypted by DynamoDB’s own key, without KMS, unless tableKeyArn is given', () => {
  expect(tableOf(JWKS).Properties['SSESpecification']).toEqual({ SSEEnabled: false });
  expect(tableOf(EVERY_OPTION).Properties).toMatchObject({
    SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
    Replicas: [{ SSESpecification: { KMSMasterKeyId: EVERY_OPTION.tableKeyArn } }],
  });
});

it('the table is kept when its stack is deleted, and cannot be deleted by mistake', () => {
  expect(tableOf(JWKS)).toMatchObject({
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: { Replicas: [{ DeletionProtectionEnabled: true }] },
  });
});

it('the table is deleted with its stack if removalPolicy is destroy', () => {
  expect(tableOf(SHORT_LIVED)).toMatchObject({
    DeletionPolicy: 'Delete',
    Properties: { Replicas: [{ DeletionProtectionEnabled: false }] },
  });
});
