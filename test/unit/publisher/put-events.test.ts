import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPublisher } from '../../../lib/publisher/publisher.ts';
import { manualTime } from '../../support/manual-time.ts';

let server: Server;
let requests = 0;

/** An EventBridge that says nothing to the first call. */
beforeAll(async () => {
  server = createServer((_, response) => {
    requests += 1;
    if (requests > 1) response.end(JSON.stringify({ FailedEntryCount: 0, Entries: [{ EventId: 'event' }] }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it('a call that is not answered is broken off after five seconds, and made again', async () => {
  const time = manualTime();
  const client = new EventBridgeClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
  });
  const publisher = createPublisher({ bus: 'trade-room-test', client, time, random: () => 0.5 });
  const report = publisher.orderExecuted(42, { orderId: 1 });
  await expect.poll(() => requests).toBe(1);
  await time.advance(4_999);
  expect(time.pending).toBe(1);
  await time.advance(1);
  // What is pending now is the wait before the second try.
  await expect.poll(() => time.pending).toBe(1);
  await time.advance(1_000);
  expect(await report).toEqual({ published: 1, superseded: 0, failed: [] });
  expect(requests).toBe(2);
});

it('a call that is not answered is given up, too, while the SDK looks for credentials in vain', async () => {
  const time = manualTime();
  const client = new EventBridgeClient({
    region: 'eu-central-1',
    credentials: () => new Promise<never>(() => undefined),
    maxAttempts: 1,
  });
  const publisher = createPublisher({ bus: 'trade-room-test', client, time, onFailure: () => undefined });
  const report = await time.run(publisher.orderExecuted(42, { orderId: 1 }));
  expect(report.failed).toMatchObject([
    { code: 'TimeoutError', message: expect.stringMatching(/credentials/) },
  ]);
});
