import { expect, it } from 'vitest';
import { awsLimits } from '../../../lib/config/aws-limits.ts';
import { localStack, localTokens } from '../../../lib/config/local-stack.ts';
import { type QueueDescription, queues } from '../../../lib/config/queues.ts';
import { readLocalSettings } from '../../../lib/config/read-settings.ts';
import { DEFAULT_QUOTAS } from '../../../lib/local/account-quotas.ts';
import * as gateway from '../../../lib/local/api-gateway/gateway.ts';
import { checkDescription } from '../../../lib/local/check-description.ts';
import { MAX_CHAIN } from '../../../lib/local/lambda/recursion-detection.ts';
import { publisherNumbers } from '../../../lib/options/number-options.ts';
import { MAX_BYTES, MAX_ENTRIES } from '../../../lib/publisher/outbox.ts';

it.each(Object.entries(awsLimits))('the AWS limit %s has a page of AWS as its source', (_, { source }) => {
  expect(source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\/.*\.html$/);
});

it('the emulator’s default quotas are those of a new AWS account', () => {
  expect(DEFAULT_QUOTAS).toEqual({
    concurrency: awsLimits.concurrency.value,
    requestsPerSecond: awsLimits.requestsPerSecond.value,
    requestBurst: awsLimits.requestBurst.value,
    connectionsPerSecond: awsLimits.connectionsPerSecond.value,
  });
});

it('the emulator has the limits of API Gateway’s WebSocket connections', () => {
  expect(gateway.MAX_MESSAGE_BYTES).toBe(awsLimits.messageBytes.value);
  expect(gateway.MAX_FRAME_BYTES).toBe(awsLimits.frameBytes.value);
  expect(gateway.IDLE_TIMEOUT_MS).toBe(awsLimits.idleSeconds.value * 1_000);
  expect(gateway.MAX_CONNECTION_MS).toBe(awsLimits.connectionSeconds.value * 1_000);
  expect(gateway.INTEGRATION_TIMEOUT_MS).toBe(awsLimits.integrationSeconds.value * 1_000);
  expect(MAX_CHAIN).toBe(awsLimits.chain.value);
});

it('the emulator accepts queues and consumers up to the limits of SQS and Lambda', () => {
  const settings = readLocalSettings({});
  const stack = localStack('http://localhost:4001', settings, localTokens(settings, { publicJwk: {} }));
  const [, streams] = Object.entries(stack.queues).find(([name]) => name.endsWith('room-events.fifo')) ?? [];
  const consumer = { function: 'broadcast', reportBatchItemFailures: true };
  const violations = (more: number) => {
    const queue = {
      ...streams,
      visibilityTimeoutSeconds: 200,
      delaySeconds: awsLimits.delaySeconds.value + more,
      retentionSeconds: awsLimits.retentionSeconds.value + more,
      consumer: {
        ...consumer,
        batchSize: awsLimits.fifoBatch.value + more,
        maximumConcurrency: awsLimits.maximumConcurrency.value + more,
      },
    };
    const changed = { ...stack.queues, 'trade-room-local-room-events.fifo': queue };
    try {
      checkDescription({ ...stack, queues: changed });
      return [];
    } catch (error) {
      return String(error).match(/^ {2}queue .* is allowed$/gm);
    }
  };
  expect(violations(0)).toEqual([]);
  expect(violations(1)).toHaveLength(4);
});

it('dead letters are kept for the longest time that SQS allows', () => {
  const described: [string, QueueDescription][] = Object.entries(queues);
  const letters = described.filter(([name]) => name.includes('dead-letters'));
  const retentions = letters.map(([, { retentionSeconds }]) => retentionSeconds);
  expect(new Set(retentions)).toEqual(new Set([awsLimits.retentionSeconds.value]));
});

it('a call of the publisher is as large as PutEvents allows', () => {
  expect(MAX_ENTRIES).toBe(awsLimits.putEventsEntries.value);
  expect(MAX_BYTES).toBe(awsLimits.putEventsBytes.value - 1);
});

it('the default rate of a publisher stays below what SQS takes for one room', () => {
  const { byDefault } = publisherNumbers.maxEventsPerSecondPerRoom;
  expect(byDefault).toBeLessThan(awsLimits.sendsPerGroup.value);
});
