import { connectionIdOfDeadline } from '../queue/auth-deadline-queue.ts';
import { asError, type Log } from './log.ts';

interface SqsEvent {
  Records: readonly { messageId: string; body: string }[];
}

export interface SqsBatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

/** The handler of the deadline queue. A connection that could not be closed is reported alone, so only it comes again. */
export function onAuthDeadline(
  log: Log,
  enforce: (connectionId: string) => Promise<void>,
): (event: SqsEvent) => Promise<SqsBatchResponse> {
  return async ({ Records: records }) => {
    const failures = await Promise.all(
      records.map(async ({ messageId, body }) => {
        try {
          await enforce(connectionIdOfDeadline(body));
          return [];
        } catch (error) {
          log.error('auth deadline failed', asError(error));
          return [{ itemIdentifier: messageId }];
        }
      }),
    );
    return { batchItemFailures: failures.flat() };
  };
}
