import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { textOf } from '../options/number-options.ts';
import type { Time } from '../options/time.ts';
import type { PreparedEvent } from './room-event.ts';

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
 * The only ones that may be tried again; `InternalException` is what PutEvents itself calls the first.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
 */
const RETRYABLE_ERRORS = ['InternalFailure', 'InternalException', 'ThrottlingException'];

/** The SDK itself waits for ever. What was taken all the same is recognised by its `id`. */
const LONGEST_CALL_MS = 5_000;

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
      answered = time.after(LONGEST_CALL_MS, () => {
        call.abort();
        // Not left to the SDK: while it looks for credentials it listens to no signal.
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
  message: `No answer of EventBridge within ${LONGEST_CALL_MS} ms, nor credentials to ask it with`,
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
 * What says that the credentials are not good now. They are asked for anew at every attempt: they are replaced, or come
 * into force, within seconds. Where a person must set them right the event fails after `giveUpAfterMs` instead of at once.
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
 * Names that the SDK gives to an answer that is not EventBridge's, whatever its status: a proxy or a load balancer answers
 * a page while it is restarted. EventBridge names each of its errors.
 */
const FOREIGN_ANSWERS = ['SyntaxError', 'Unknown'];

/** An error of the whole call. Without a status nothing was answered: the network broke, or nobody is there. */
function callFailure(thrown: unknown): EntryFailure {
  // A provider of credentials may throw anything: `undefined`, or an object that has no text.
  const error: CallError = Object(thrown);
  // The SDK sets its clock by AWS's answer, and signs the next call with that.
  const { httpStatusCode: status, clockSkewCorrected = false } = error.$metadata ?? {};
  const isTransient =
    status === undefined ? !isOwnMistake(error) : status >= 500 || status === 429 || status === 408;
  const { name = 'UnknownError', message = thrown } = error;
  const code = textOf(name);
  const isKnown = [...RETRYABLE_ERRORS, ...CREDENTIAL_ERRORS, ...FOREIGN_ANSWERS].includes(code);
  return { code, message: textOf(message), isRetryable: isTransient || clockSkewCorrected || isKnown };
}

/** What the SDK throws before it asks anybody, and will throw again. */
function isOwnMistake({ name, message }: CallError): boolean {
  return name === 'EndpointError' || /^Region (is missing|not accepted)/.test(textOf(message));
}
