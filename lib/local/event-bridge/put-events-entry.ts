import { AwsError } from '../aws-json-service.ts';
import { jsonDepth } from '../http/request.ts';

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const DEEPEST_DETAIL = 1_000;

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html */
const REQUIRED = ['Source', 'DetailType', 'Detail'];
const MAX_DETAIL_TYPE = 128;

/** One entry of PutEvents, as the caller sent it. */
export type PutEventsEntry = Record<string, unknown>;

/** The event that the target of a rule receives. */
export type EventBridgeEvent = Record<string, unknown> & {
  id: string;
  source: string;
  'detail-type': string;
  detail: Record<string, unknown>;
};

export interface EntryError {
  ErrorCode: string;
  ErrorMessage: string;
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html */
export function entrySize(entry: PutEventsEntry): number {
  const texts = [entry['Source'], entry['DetailType'], entry['Detail'], ...resources(entry)];
  const size = texts.reduce(
    (sum: number, text) => sum + (typeof text === 'string' ? Buffer.byteLength(text) : 0),
    0,
  );
  return size + (entry['Time'] === undefined ? 0 : 14);
}

/** @throws AwsError for a value of a wrong type. */
export function readEntry(written: unknown): PutEventsEntry {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    throw new AwsError('SerializationException', 'An entry must be an object.');
  }
  const entry = written as PutEventsEntry;
  const listed: unknown = entry['Resources'] ?? [];
  if (!Array.isArray(listed) || listed.some((resource) => typeof resource !== 'string')) {
    throw new AwsError('SerializationException', 'Resources must be a list of strings.');
  }
  timeOf(entry);
  return entry;
}

/** Whether the entry has every field that EventBridge requires. */
export function isComplete(entry: PutEventsEntry): boolean {
  return REQUIRED.every((name) => isGiven(entry[name]));
}

const isGiven = (value: unknown) => typeof value === 'string' && value !== '';

function invalidArgument(name: string, reason: string): EntryError {
  return { ErrorCode: 'InvalidArgument', ErrorMessage: `Parameter ${name} is not valid. Reason: ${reason}` };
}

/** The error that PutEvents returns for this entry, while the call itself succeeds. */
export function entryError(entry: PutEventsEntry): EntryError | undefined {
  const missing = REQUIRED.find((name) => !isGiven(entry[name]));
  if (missing !== undefined) return invalidArgument(missing, `${missing} is a required argument.`);
  if (String(entry['DetailType']).length > MAX_DETAIL_TYPE) {
    return invalidArgument('DetailType', `DetailType is longer than ${MAX_DETAIL_TYPE} characters.`);
  }
  if (String(entry['Source']).startsWith('aws.')) {
    return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
  }
  if (detailOf(entry) === undefined) {
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  }
  return undefined;
}

/** The event of an entry without an error. EventBridge keeps whole seconds. */
export function toEvent(
  entry: PutEventsEntry,
  { id, now, region }: { id: string; now: number; region: string },
): EventBridgeEvent {
  return {
    version: '0',
    id,
    'detail-type': String(entry['DetailType']),
    source: String(entry['Source']),
    account: '000000000000',
    time: new Date(timeOf(entry) ?? now).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    region,
    resources: resources(entry),
    detail: detailOf(entry) ?? {},
  };
}

/** `Time` in milliseconds. The SDKs and the CLI send epoch seconds, and AWS refuses the request otherwise. */
function timeOf(entry: PutEventsEntry): number | undefined {
  const time = entry['Time'] ?? undefined;
  if (time === undefined) return undefined;
  if (typeof time !== 'number' || Number.isNaN(new Date(time * 1000).getTime())) {
    throw new AwsError('SerializationException', 'Time must be a number of seconds since 1970.');
  }
  return time * 1000;
}

function detailOf(entry: PutEventsEntry): Record<string, unknown> | undefined {
  try {
    const text = String(entry['Detail']);
    // First, because the code after it recurses as deep as the detail.
    if (jsonDepth(text) > DEEPEST_DETAIL) return undefined;
    const detail: unknown = JSON.parse(text);
    const isObject = typeof detail === 'object' && detail !== null && !Array.isArray(detail);
    return isObject ? (detail as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function resources(entry: PutEventsEntry): unknown[] {
  return Array.isArray(entry['Resources']) ? entry['Resources'] : [];
}
