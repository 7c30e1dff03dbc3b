import { AwsError } from '../aws-json-service.ts';

/**
 * SQS names an error twice: `shape` in the body, and in a header the code of its old query protocol, by which
 * boto3 and older SDKs know it.
 */
export function sqsError(shape: string, message: string, queryCode = shape, statusCode = 400): AwsError {
  const type = shape.includes('#') ? shape : `com.amazonaws.sqs#${shape}`;
  return new AwsError(type, message, statusCode, { 'x-amzn-query-error': `${queryCode};Sender` });
}

/** An error of a batch operation. Its old query code has a prefix. */
export function batchError(shape: string, message: string): AwsError {
  return sqsError(shape, message, `AWS.SimpleQueueService.${shape}`);
}

export function queueDoesNotExist(): AwsError {
  const message = 'The specified queue does not exist.';
  return sqsError('QueueDoesNotExist', message, 'AWS.SimpleQueueService.NonExistentQueue');
}

export function invalidParameter(message: string): AwsError {
  return sqsError(
    'com.amazon.coral.service#InvalidParameterValueException',
    message,
    'InvalidParameterValue',
  );
}

/** The error for a parameter that only the other kind of queue takes. */
export function notOfThisQueueType(name: string, value: string | number): AwsError {
  const reason = 'The request include parameter that is not valid for this queue type.';
  return invalidParameter(`Value ${value} for parameter ${name} is invalid. Reason: ${reason}`);
}

export function receiptExpired(receiptHandle: string): AwsError {
  const reason = 'The receipt handle has expired.';
  return invalidParameter(`Value ${receiptHandle} for parameter ReceiptHandle is invalid. Reason: ${reason}`);
}

export function requestThrottled(): AwsError {
  return sqsError('RequestThrottled', 'Rate exceeded');
}

export function missingParameter(name: string): AwsError {
  const shape = 'com.amazon.coral.service#MissingRequiredParameterException';
  return sqsError(shape, `The request must contain the parameter ${name}.`, 'MissingParameter');
}

export type Input = Record<string, unknown>;

/** Undefined if it is absent; throws `SerializationException` if it is not an object. */
export function optionalObject(value: unknown, name: string): Input | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw wrongType(name, 'an object');
  return value as Input;
}

/** Undefined if it is absent; throws `SerializationException` if it is not a string. */
export function optionalText(input: Input, name: string): string | undefined {
  const value = input[name] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  throw wrongType(name, 'a string');
}

/** Throws `MissingParameter` if it is absent or empty, `SerializationException` if it is not a string. */
export function requiredText(input: Input, name: string): string {
  const value = optionalText(input, name);
  if (value === undefined || value === '') throw missingParameter(name);
  return value;
}

/** Undefined if it is absent; throws `InvalidParameterValue` outside of the range. */
export function optionalInteger(input: Input, name: string, range: [number, number]): number | undefined {
  const value = input[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw wrongType(name, 'a number');
  const [least, most] = range;
  if (!Number.isInteger(value) || value < least || value > most) {
    const reason = `Must be between ${least} and ${most}, if provided.`;
    throw invalidParameter(`Value ${value} for parameter ${name} is invalid. Reason: ${reason}`);
  }
  return value;
}

export function requiredInteger(input: Input, name: string, range: [number, number]): number {
  const value = optionalInteger(input, name, range);
  if (value === undefined) throw missingParameter(name);
  return value;
}

/** An empty list if it is absent; throws `SerializationException` if it is not a list of strings. */
export function textList(input: Input, name: string): string[] {
  const value = input[name] ?? [];
  if (Array.isArray(value) && value.every((text) => typeof text === 'string')) return value;
  throw wrongType(name, 'a list of strings');
}

/** AWS refuses a value of another type before the operation sees it. */
function wrongType(name: string, type: string): AwsError {
  return new AwsError('SerializationException', `${name} must be ${type}.`);
}

const MAX_ENTRIES = 10;

/** The entries of a batch request; throws the error by which SQS refuses the whole batch. */
export function batchEntries(input: Input): (Input & { Id: string })[] {
  const written = Array.isArray(input['Entries']) ? input['Entries'] : [];
  const entries = written.map(readEntry);
  if (entries.length === 0) {
    throw batchError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  }
  if (entries.length > MAX_ENTRIES) {
    const message = `Maximum number of entries per request are ${MAX_ENTRIES}. You have sent ${entries.length}.`;
    throw batchError('TooManyEntriesInBatchRequest', message);
  }
  const ids = new Set(entries.map((entry) => entry.Id));
  if ([...ids].some((id) => !/^[\w-]{1,80}$/.test(id))) {
    const rule =
      'can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.';
    throw batchError('InvalidBatchEntryId', `A batch entry id ${rule}`);
  }
  if (ids.size < entries.length) {
    throw batchError('BatchEntryIdsNotDistinct', 'Two or more batch entries have the same Id.');
  }
  return entries;
}

function readEntry(written: unknown): Input & { Id: string } {
  const entry = optionalObject(written, 'An entry');
  return { ...entry, Id: optionalText(entry ?? {}, 'Id') ?? '' };
}

/** Calls `work` for each entry. An AwsError puts its entry into `Failed` and does not stop the others. */
export function eachEntry<Entry extends { Id: string }>(entries: Entry[], work: (entry: Entry) => object) {
  const successful: object[] = [];
  const failed: { Id: string; Code: string; Message: string; SenderFault: boolean }[] = [];
  for (const entry of entries) {
    try {
      successful.push({ Id: entry.Id, ...work(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      // An entry carries the code of the old query protocol, as the header does.
      const code = error.headers['x-amzn-query-error']?.split(';')[0] ?? error.code;
      failed.push({ Id: entry.Id, Code: code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful: successful, ...(failed.length > 0 && { Failed: failed }) };
}
