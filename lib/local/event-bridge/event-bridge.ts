import { AwsError, type AwsJsonService } from '../aws-json-service.ts';
import type { EventBus } from '../description.ts';
import type { Time } from '../time.ts';
import { compilePattern } from './event-pattern.ts';
import {
  type EntryError,
  entryError,
  entrySize,
  type PutEventsEntry,
  timeOf,
  toEvent,
} from './put-events-entry.ts';

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MOST_ENTRIES = 10;
const LARGEST_REQUEST_BYTES = 1024 * 1024;

/** Every AWS account has it. Nothing listens to it here. */
const DEFAULT_BUS = 'default';

export interface EventBridgeOptions {
  bus: EventBus;
  region: string;
  /** Lambda's asynchronous invocation; called after PutEvents has answered. */
  invokeAsynchronously(functionName: string, event: unknown): void;
  time: Time;
  /** A new UUID. */
  newId(): string;
  print(line: string): void;
}

/** EventBridge with one custom bus whose rules invoke Lambda functions. Throws when a rule's pattern is not valid. */
export function eventBridge(options: EventBridgeOptions): AwsJsonService {
  const { bus, region } = options;
  const rules = bus.rules.map((rule) => ({ ...rule, accepts: compiled(rule) }));

  function putEvent(entry: PutEventsEntry): { EventId: string } | EntryError {
    const error = entryError(entry);
    if (error) return error;
    const name = busName(entry['EventBusName']);
    if (name === DEFAULT_BUS && name !== bus.name) {
      options.print(
        `events: an event went to the bus "default", to which nothing listens; here is "${bus.name}"`,
      );
    } else if (name !== bus.name) {
      // AWS accepts such an event and loses it (aws/aws-sdk#186). At home it is nearly always a misspelt name.
      return { ErrorCode: 'ResourceNotFoundException', ErrorMessage: `Event bus ${name} does not exist.` };
    }
    const event = toEvent(entry, { id: options.newId(), now: options.time.now(), region });
    if (name === bus.name) {
      const targets = rules.filter((rule) => rule.accepts(event));
      // Not on the shim's clock: a rule has no delay, it only never runs before the publisher has its answer.
      setImmediate(() => {
        for (const { function: target } of targets) options.invokeAsynchronously(target, event);
      });
    }
    return { EventId: event.id };
  }

  return {
    target: 'AWSEvents',
    contentType: 'application/x-amz-json-1.1',
    operations: {
      PutEvents(input) {
        const results = checkedEntries(input).map(putEvent);
        return {
          FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length,
          Entries: results,
        };
      },
    },
  };
}

function compiled({ name, pattern }: { name: string; pattern: unknown }) {
  try {
    return compilePattern(pattern);
  } catch (cause) {
    throw new Error(`rule ${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function checkedEntries({ Entries: entries }: Record<string, unknown>): PutEventsEntry[] {
  if (!Array.isArray(entries) || entries.length === 0 || entries.length > MOST_ENTRIES) {
    const rule = Array.isArray(entries)
      ? `Member must have length ${entries.length === 0 ? 'greater than or equal to 1' : `less than or equal to ${MOST_ENTRIES}`}`
      : 'Member must not be null';
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at 'entries' failed to satisfy constraint: ${rule}`,
    );
  }
  if (entries.reduce((sum, entry) => sum + entrySize(entry), 0) > LARGEST_REQUEST_BYTES) {
    throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.');
  }
  for (const entry of entries) timeOf(entry);
  return entries;
}

/** A bus is named by its name or its ARN. */
function busName(nameOrArn: unknown): string {
  return typeof nameOrArn === 'string' ? nameOrArn.replace(/^arn:.*:event-bus\//, '') : DEFAULT_BUS;
}
