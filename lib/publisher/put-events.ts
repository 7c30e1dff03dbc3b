import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { textOf } from '../options/number-options.ts';
import type { Time } from '../options/time.ts';
import type { PreparedEvent } from './room-event.ts';

/** Why EventBridge did not accept an entry. */
export interface EntryFailure {
  /** The code of EventBridge, such as `ThrottlingException`, or the name of the SDK's error. */
  code: string;
  message: string;
  isRetryable: boolean;
}

/** Puts up to ten events in one call. Never rejects. Returns for each event `undefined`, or why it was not accepted. */
export type PutEvents = (events: readonly PreparedEvent[]) => Promise<(EntryFailure | undefined)[]>;

/**
 * The only retryable errors of an entry. PutEvents uses the name `InternalException` for `InternalFailure`.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
 */
const RETRYABLE_ERRORS = ['InternalFailure', 'InternalException', 'ThrottlingException'];

/** Milliseconds until a call is given up; the SDK has no limit. If EventBridge accepted the event anyway, its `id` marks the repeat. */
const MAX_CALL_MS = 5_000;

export function putEventsBy(
  client: EventBridgeClient,
  { bus, source, time }: { bus: string; source: string; time: Time },
): PutEvents {
  return async (events) => {
    const entries = events.map(({ type, detail }) => ({
      EventBusName: bus,
      Source: source,
      DetailType: type,
      Detail: detail,
    }));
    const call = new AbortController();
    let answered: (() => void) | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      answered = time.after(MAX_CALL_MS, () => {
        call.abort();
        // Rejects itself, because the SDK ignores the signal while it resolves credentials.
        reject(call.signal.reason);
      });
    });
    try {
      const command = new PutEventsCommand({ Entries: entries });
      const sent = client.send(command, { abortSignal: call.signal });
      const { Entries: results = [] } = await Promise.race([sent, tooLate]);
      return events.map((_, index) => entryFailure(results[index]));
    } catch (error) {
      const failure = call.signal.aborted ? noAnswer : callFailure(error);
      return events.map(() => failure);
    } finally {
      answered?.();
    }
  };
}

const noAnswer: EntryFailure = {
  code: 'TimeoutError',
  message: `EventBridge did not answer within ${MAX_CALL_MS} ms, or the SDK found no credentials in this time`,
  isRetryable: true,
};

function entryFailure(result: PutEventsResultEntry | undefined): EntryFailure | undefined {
  if (result?.EventId !== undefined) return undefined;
  const { ErrorCode: code = 'InternalFailure', ErrorMessage: message = 'EventBridge gave no reason' } =
    result ?? {};
  return { code, message, isRetryable: RETRYABLE_ERRORS.includes(code) };
}

type CallError = Partial<Error> & { $metadata?: { httpStatusCode?: number; clockSkewCorrected?: boolean } };

/**
 * Errors that say that the credentials are not valid now. Every attempt resolves credentials again, and new ones may be valid
 * within seconds. If a person must correct them, the event fails after `giveUpAfterMs` instead of at once.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/CommonErrors.html
 */
const CREDENTIAL_ERRORS = [
  'CredentialsProviderError',
  'TokenProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'IDPCommunicationError',
  'InvalidClientTokenId',
  'InvalidIdentityToken',
  'InvalidSignatureException',
  'RequestExpired',
  'UnrecognizedClientException',
];

/**
 * Names that the SDK gives to an answer that does not come from EventBridge, with any status: a proxy or a load balancer
 * answers with a page while it restarts. EventBridge gives each of its errors another name.
 */
const FOREIGN_ANSWERS = ['SyntaxError', 'Unknown'];

/** The failure of a whole call. Without a status there was no answer, because the network or the endpoint failed. */
function callFailure(thrown: unknown): EntryFailure {
  // A credential provider may throw any value: `undefined`, or an object that cannot be converted to a text.
  const error: CallError = Object(thrown);
  // The SDK has corrected its clock by AWS's answer and signs the next call with the corrected time.
  const { httpStatusCode: status, clockSkewCorrected = false } = error.$metadata ?? {};
  const isTransient =
    status === undefined ? !isOwnMistake(error) : status >= 500 || status === 429 || status === 408;
  const { name = 'UnknownError', message = thrown } = error;
  const code = textOf(name);
  const isKnown = [...RETRYABLE_ERRORS, ...CREDENTIAL_ERRORS, ...FOREIGN_ANSWERS].includes(code);
  return { code, message: textOf(message), isRetryable: isTransient || clockSkewCorrected || isKnown };
}

/** An error of the configuration, which the SDK throws before any request and would throw again. */
function isOwnMistake({ name, message }: CallError): boolean {
  return name === 'EndpointError' || /^Region (is missing|not accepted)/.test(textOf(message));
}
