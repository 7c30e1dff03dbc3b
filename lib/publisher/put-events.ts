import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import type { PreparedEvent } from './prepare-event.ts';

/** Why EventBridge did not take an entry. */
export interface EntryFailure {
  /** EventBridge's own, such as `ThrottlingException`, or the name of the SDK's error. */
  code: string;
  message: string;
  isRetryable: boolean;
}

/** Puts up to ten events by one call. Never rejects: of each event `undefined`, or why it was not taken. */
export type PutEvents = (events: readonly PreparedEvent[]) => Promise<(EntryFailure | undefined)[]>;

/**
 * The only ones that may be tried again.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
 */
const RETRYABLE_ENTRY_ERRORS = ['InternalFailure', 'ThrottlingException'];

export function putEventsBy(client: EventBridgeClient, bus: string, source: string): PutEvents {
  return async (events) => {
    const entries = events.map(({ type, detail }) => ({
      EventBusName: bus,
      Source: source,
      DetailType: type,
      Detail: detail,
    }));
    try {
      const { Entries: results = [] } = await client.send(new PutEventsCommand({ Entries: entries }));
      return events.map((_, index) => entryFailure(results[index]));
    } catch (error) {
      const failure = callFailure(error as Error);
      return events.map(() => failure);
    }
  };
}

function entryFailure(result: PutEventsResultEntry | undefined): EntryFailure | undefined {
  if (result?.EventId !== undefined) return undefined;
  const { ErrorCode: code = 'InternalFailure', ErrorMessage: message = 'EventBridge gave no reason' } =
    result ?? {};
  return { code, message, isRetryable: RETRYABLE_ENTRY_ERRORS.includes(code) };
}

/** An error of the whole call. Without a status nothing was answered: the network broke, or nobody is there. */
function callFailure(error: Error & { $metadata?: { httpStatusCode?: number } }): EntryFailure {
  const status = error.$metadata?.httpStatusCode;
  const isTransient = status === undefined ? !isOwnMistake(error) : status >= 500 || status === 429;
  const isRetryable = isTransient || RETRYABLE_ENTRY_ERRORS.includes(error.name);
  return { code: error.name, message: error.message, isRetryable };
}

/** What the SDK throws before it asks anybody. */
function isOwnMistake(error: Error): boolean {
  return error.name === 'CredentialsProviderError' || error.message === 'Region is missing';
}
