import { setTimeout as sleep } from 'node:timers/promises';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { LOCAL_NAME } from '../../lib/config/local-stack.ts';
import { applicationClients } from '../support/application-clients.ts';
import { entryOf, type FloodEvent, type FloodSource, TICK_MS } from './flood-events.ts';

/** PutEvents takes no more. */
const MAX_ENTRIES = 10;

/** Puts events for so long, not waiting for answers, and resolves to when the last was put, epoch milliseconds. */
export async function publishFlood(
  endpoint: string,
  flood: { source: FloodSource; eventSource: string; roomId: string; seconds: number },
): Promise<number> {
  const { source, eventSource: Source, roomId, seconds } = flood;
  const { eventBridge } = applicationClients(endpoint);
  const calls: Promise<void>[] = [];
  let publishedAt = 0;

  async function put(events: readonly FloodEvent[]): Promise<void> {
    const Entries = events.map((event) => ({
      EventBusName: LOCAL_NAME,
      Source,
      ...entryOf(event, roomId, publishedAt),
    }));
    const { FailedEntryCount: failed } = await eventBridge.send(new PutEventsCommand({ Entries }));
    if (failed !== 0) throw new Error(`${failed} events were not accepted`);
  }

  const begun = performance.now();
  for (let tick = 0; tick < (seconds * 1000) / TICK_MS; tick += 1) {
    await sleep(Math.max(0, begun + tick * TICK_MS - performance.now()));
    // Later than the tick before, also where this process was held up: of the same time would be of no order.
    publishedAt = Math.max(Date.now(), publishedAt + 1);
    const events = source.next();
    for (let from = 0; from < events.length; from += MAX_ENTRIES) {
      calls.push(put(events.slice(from, from + MAX_ENTRIES)));
    }
  }
  await Promise.all(calls);
  return publishedAt;
}
