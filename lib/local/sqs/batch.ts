import { AwsError } from '../aws-json-service.ts';
import { type Input, optionalObject, optionalText } from './input.ts';
import { batchError } from './sqs-error.ts';

const MOST_ENTRIES = 10;

/** The entries of a batch request; throws what makes SQS refuse the whole batch. */
export function batchEntries(input: Input): (Input & { Id: string })[] {
  const written = Array.isArray(input['Entries']) ? input['Entries'] : [];
  const entries = written.map(readEntry);
  if (entries.length === 0) {
    throw batchError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  }
  if (entries.length > MOST_ENTRIES) {
    const message = `Maximum number of entries per request are ${MOST_ENTRIES}. You have sent ${entries.length}.`;
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

/** Does each entry; one that throws an AwsError is answered in `Failed` and does not stop the others. */
export function eachEntry<Entry extends { Id: string }>(entries: Entry[], work: (entry: Entry) => object) {
  const successful: object[] = [];
  const failed: { Id: string; Code: string; Message: string; SenderFault: boolean }[] = [];
  for (const entry of entries) {
    try {
      successful.push({ Id: entry.Id, ...work(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      // Entries carry the code of the old query protocol, which is also what stands in the header.
      const code = error.headers['x-amzn-query-error']?.split(';')[0] ?? error.code;
      failed.push({ Id: entry.Id, Code: code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful: successful, ...(failed.length > 0 && { Failed: failed }) };
}
