import type {
  EventBridgeClient,
  PutEventsCommand,
  PutEventsCommandInput,
  PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { createPublisher, type PublishFailure } from '../../../lib/publisher/publisher.ts';
import { manualTime } from '../../support/manual-time.ts';

type Answer = PutEventsResultEntry[] | Error | Promise<PutEventsResultEntry[]>;

export const taken = { EventId: 'event' };
export const refused = (ErrorCode: string) => ({ ErrorCode, ErrorMessage: `${ErrorCode}, said EventBridge` });
export const order = (orderId: number, roomId = '42') => ({
  type: 'order_executed' as const,
  roomId,
  data: { orderId },
  id: `order-${orderId}`,
});

/** A publisher whose EventBridge gives these answers, and then takes everything. */
export function publishing(answers: Answer[] = [], options: object = {}) {
  const requests: PutEventsCommandInput[] = [];
  const send = async ({ input }: PutEventsCommand) => {
    requests.push(input);
    const answer = answers.shift() ?? (input.Entries ?? []).map(() => taken);
    if (answer instanceof Error) throw answer;
    return { Entries: await answer };
  };
  const time = manualTime();
  const failures: PublishFailure[] = [];
  const publisher = createPublisher({
    bus: 'trade-room-test',
    source: 'trade-room.orders',
    client: { send } as unknown as EventBridgeClient,
    time,
    random: () => 1,
    onFailure: (failure) => failures.push(failure),
    ...options,
  });
  /** The ids of the events of each call. */
  const calls = () => requests.map(({ Entries }) => Entries?.map(({ Detail = '' }) => JSON.parse(Detail).id));
  return { publisher, time, calls, requests, failures };
}

export function httpError(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(`${name}, said EventBridge`), { name, $metadata: { httpStatusCode } });
}
