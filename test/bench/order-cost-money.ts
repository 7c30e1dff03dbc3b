import { prices } from '../../bin/docs/costs.ts';
import { functions } from '../../lib/config/functions.ts';
import type { OrderCost } from './order-cost.ts';

/** One line of a bill for a million events. */
export interface BillLine {
  name: string;
  /** How the amount comes about. */
  arithmetic: string;
  dollars: number;
}

const MILLION = 1e6;
/** Lambda receives a message and deletes it, for us and on our bill. */
const REQUESTS_OF_A_SEND = 3;

/** What a million such events cost beside PutEvents and posts, which both paths have. */
export function billOf(cost: OrderCost): BillLine[] {
  const { writeUnits, readUnits, sqsSends, functions: ran } = cost;
  return [
    times('DynamoDB write units', writeUnits, prices.writeUnits),
    times('DynamoDB read units', readUnits, prices.readUnits),
    times(
      'SQS FIFO requests (sent, received, deleted)',
      sqsSends * REQUESTS_OF_A_SEND,
      prices.sqsFifoRequests,
    ),
    times('Lambda requests', Object.keys(ran).length, prices.lambdaRequests),
    gbSeconds('…GB-seconds of the ingest', functions.ingest.memoryMB, ran['ingest']),
    gbSeconds(
      '…GB-seconds of the broadcast',
      functions.broadcast.memoryMB,
      ran['broadcast'] ?? ran['direct'],
    ),
  ];
}

export function sumOf(lines: readonly BillLine[]): number {
  return lines.reduce((sum, { dollars }) => sum + dollars, 0);
}

function times(name: string, count: number, price: number): BillLine {
  return { name, arithmetic: `${count} × $${price}`, dollars: count * price };
}

function gbSeconds(name: string, memoryMB: number, milliseconds = 0): BillLine {
  const gb = Number((memoryMB / 1024).toFixed(2));
  const seconds = milliseconds / 1000;
  return {
    name,
    arithmetic: milliseconds === 0 ? '0' : `${gb} GB × ${milliseconds.toFixed(1)} ms × $13.33`,
    dollars: gb * seconds * MILLION * prices.gbSecond,
  };
}
