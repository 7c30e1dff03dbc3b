import type { Log } from '../core/log.ts';
import { connectionIdOfDeadline } from '../queue/queues.ts';

interface SqsEvent {
  Records: readonly { messageId: string; body: string }[];
}

export interface SqsBatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

/** The handler of the deadline queue. Reports each failed message by itself, so that only that one is retried. */
export function onAuthDeadline(
  log: Log,
  enforce: (connectionId: string) => Promise<void>,
): (event: SqsEvent) => Promise<SqsBatchResponse> {
  return async ({ Records: records }) => {
    const failures = await Promise.all(
      records.map(async ({ messageId, body }) => {
        let connectionId: string | undefined;
        try {
          connectionId = connectionIdOfDeadline(body);
          await enforce(connectionId);
          return [];
        } catch (error) {
          log('auth_deadline_failed', { messageId, connectionId, error });
          return [{ itemIdentifier: messageId }];
        }
      }),
    );
    return { batchItemFailures: failures.flat() };
  };
}
