import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { LOCAL_NAME } from '../../lib/config/local-stack.ts';
import { HEAD_TTL_MS } from '../../lib/core/lane/head.ts';
import { systemTime, type Time } from '../../lib/local/time.ts';
import { headKey } from '../../lib/store/keys.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { type Stack, startStack } from '../support/start-stack.ts';
import { connect } from '../support/test-client.ts';

const AT_ONCE = 20;
const WARM_UP_ROUNDS = 100;
/** Of this many `$disconnect`s one is lost. */
const LOSE_ONE_IN = 10;
const BEYOND_EVERY_TTL_MS = HEAD_TTL_MS + 60 * 60 * 1000;

export interface SoakResult {
  rounds: number;
  /** Rows before their TTL has passed: those whose `$disconnect` was lost. */
  rowsBeforeTtl: number;
  rowsAfterTtl: number;
  /** How much the heap has grown, after garbage collection. */
  grownBytes: number;
  connections: number;
}

/** Rounds of connect, authenticate, subscribe, leave; then what is left. */
export async function soak(rounds: number): Promise<SoakResult> {
  let ahead = 0;
  const time: Time = { now: () => Date.now() + ahead, after: systemTime.after };
  let disconnects = 0;
  const onInvoke = async ({ functionName }: { functionName: string }) => {
    if (functionName !== 'disconnect') return 1;
    disconnects += 1;
    return disconnects % LOSE_ONE_IN === 0 ? 0 : 1;
  };
  const environment = { AUTH_DEADLINE_SECONDS: '1' };
  const stack = await startStack({ time, faults: { onInvoke }, environment });
  const token = await stack.token('alice');

  await runRounds(stack, token, WARM_UP_ROUNDS);
  const before = await quietHeap(stack);
  await runRounds(stack, token, rounds);
  const after = await quietHeap(stack);

  // A room keeps its head for longer than its members.
  const rowsBeforeTtl = (await stack.rows()).filter(({ sk }) => sk !== headKey('').sk).length;
  ahead = BEYOND_EVERY_TTL_MS;
  await stack.sweepTimeToLive();
  const rowsAfterTtl = (await stack.rows()).length;
  const connections = stack.connections().length;
  await stack.close();
  return { rounds, rowsBeforeTtl, rowsAfterTtl, grownBytes: after - before, connections };
}

async function runRounds(stack: Stack, token: string, rounds: number): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < rounds) {
      next += 1;
      await round(stack, token, next);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function round({ endpoint }: Stack, token: string, number: number): Promise<void> {
  const client = await connect(endpoint);
  client.send({ type: 'auth', data: { token } });
  client.send({ type: 'subscribe_room', data: { roomId: number % 50 } });
  await client.nextOf('room_subscribed');
  switch (number % 4) {
    case 0:
      await client.close();
      return;
    case 1:
      client.terminate();
      break;
    case 2:
      // Its handler is still running when the connection is gone.
      client.send({ type: 'subscribe_room', data: { roomId: 'another' } });
      client.terminate();
      break;
    default:
      // The header of a masked text frame of 126 bytes, and no more.
      client.rawSocket.write(Buffer.from([0x81, 0xfe, 0, 126]));
      client.terminate();
  }
  await client.closed;
}

/** Bytes of the heap once no connection, no invocation and no deadline is left. */
async function quietHeap(stack: Stack): Promise<number> {
  const { sqs } = stack.application;
  const QueueUrl = `${stack.endpoint}/000000000000/${LOCAL_NAME}-auth-deadline`;
  const waiting = async () => {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
    const { Attributes: attributes = {} } = await sqs.send(command);
    const {
      ApproximateNumberOfMessages: visible,
      ApproximateNumberOfMessagesDelayed: delayed,
      ApproximateNumberOfMessagesNotVisible: received,
    } = attributes;
    return Number(visible) + Number(delayed) + Number(received);
  };
  while (stack.connections().length > 0 || (await waiting()) > 0)
    await new Promise((resolve) => setTimeout(resolve, 50));
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
