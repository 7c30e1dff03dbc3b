import { arnsOf } from '../arn.ts';
import { AwsError, type AwsJsonService } from '../aws-json-service.ts';
import type { EventBus } from '../description.ts';
import { eventsPermissions } from '../iam/required-permissions.ts';
import type { Time } from '../time.ts';
import { compilePattern } from './event-pattern.ts';
import {
  type EntryError,
  type EventBridgeEvent,
  entryError,
  entrySize,
  isComplete,
  type PutEventsEntry,
  readEntry,
  toEvent,
} from './put-events-entry.ts';

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MAX_ENTRIES = 10;
/** "The total entry size must be less than 1MB." */
const TOO_LARGE_REQUEST_BYTES = 1024 * 1024;

/** Every AWS account has this bus. The local emulator has no rule on it. */
const DEFAULT_BUS = 'default';

interface EventBridgeOptions {
  bus: EventBus;
  region: string;
  /** Lambda's asynchronous invocation; called after PutEvents has answered. */
  invokeAsynchronously(functionName: string, payload: string): void;
  time: Time;
  /** A new UUID. */
  newId(): string;
  print(line: string): void;
}

/** An accepted entry and its targets. */
interface PreparedEvent extends HeardEvent {
  payload: string;
}

/** EventBridge with one custom bus whose rules invoke Lambda functions. Throws if the pattern of a rule is not valid. */
export function eventBridge(options: EventBridgeOptions): AwsJsonService {
  const { bus, region } = options;
  const arns = arnsOf(region);
  const rules = bus.rules.map((rule) => ({ ...rule, accepts: compiled(rule) }));

  function prepare(entry: PutEventsEntry): PreparedEvent | EntryError {
    const error = entryError(entry);
    if (error) return error;
    const name = busName(entry['EventBusName']);
    if (name !== bus.name && name !== DEFAULT_BUS) {
      // AWS accepts such an event and loses it (aws/aws-sdk#186). Locally it is nearly always a misspelt name.
      return { ErrorCode: 'ResourceNotFoundException', ErrorMessage: `Event bus ${name} does not exist.` };
    }
    const event = toEvent(entry, { id: options.newId(), now: options.time.now(), region });
    const targets = name === bus.name ? rules.filter((rule) => rule.accepts(event)) : [];
    return {
      event,
      isOnBus: name === bus.name,
      payload: JSON.stringify(event),
      targets: targets.map((rule) => rule.function),
    };
  }

  function prepareSafely(entry: PutEventsEntry): PreparedEvent | EntryError {
    try {
      return prepare(entry);
    } catch (error) {
      options.print(`events: an entry failed: ${error instanceof Error ? error.stack : String(error)}`);
      return { ErrorCode: 'InternalFailure', ErrorMessage: 'The local emulator failed.' };
    }
  }

  function publish({ targets, payload }: PreparedEvent): void {
    // By setImmediate instead of the clock of the emulator: a rule has no delay, but it runs after the publisher has its answer.
    setImmediate(() => {
      for (const target of targets) options.invokeAsynchronously(target, payload);
    });
  }

  return {
    target: 'AWSEvents',
    contentType: 'application/x-amz-json-1.1',
    needs: (operation, input) => eventsPermissions(operation, input, arns),
    operations: {
      PutEvents(input) {
        // Checks every entry before the first side effect, because a caller that gets an error may repeat the whole batch.
        const results = checkedEntries(input).map(prepareSafely);
        const events = results.filter((result) => 'event' in result);
        for (const line of unheard(events, bus.name)) options.print(line);
        events.forEach(publish);
        return {
          FailedEntryCount: results.length - events.length,
          Entries: results.map((result) => ('event' in result ? { EventId: result.event.id } : result)),
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
  if (!Array.isArray(entries) || entries.length === 0 || entries.length > MAX_ENTRIES) {
    const rule = Array.isArray(entries)
      ? `Member must have length ${entries.length === 0 ? 'greater than or equal to 1' : `less than or equal to ${MAX_ENTRIES}`}`
      : 'Member must not be null';
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at 'entries' failed to satisfy constraint: ${rule}`,
    );
  }
  const read = entries.map(readEntry);
  if (read.reduce((sum, entry) => sum + entrySize(entry), 0) >= TOO_LARGE_REQUEST_BYTES) {
    throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.');
  }
  // AWS documents that the request fails, but not the name of the error.
  if (!read.some(isComplete)) {
    throw new AwsError('ValidationException', 'No entry has a Source, a DetailType and a Detail.');
  }
  return read;
}

/** The name of a bus from its name or ARN. */
function busName(nameOrArn: unknown): string {
  return typeof nameOrArn === 'string' ? nameOrArn.replace(/^arn:.*:event-bus\//, '') : DEFAULT_BUS;
}

/** An accepted event, and the functions that receive it. */
interface HeardEvent {
  event: EventBridgeEvent;
  /** True for the bus of the stack; false for `default`, which has no rule. */
  isOnBus: boolean;
  targets: string[];
}

/** A line for each bus about the events of one call that match no rule. AWS drops them silently. */
function unheard(events: HeardEvent[], busName: string): string[] {
  const unmatched = events.filter(({ isOnBus, targets }) => isOnBus && targets.length === 0);
  const elsewhere = events.filter(({ isOnBus }) => !isOnBus);
  const lines: string[] = [];
  if (unmatched.length > 0) lines.push(`events: ${named(unmatched)} on the bus "${busName}" matched no rule`);
  if (elsewhere.length > 0) {
    const fate = `went to the bus "default", which has no rule; the bus of this stack is "${busName}"`;
    lines.push(`events: ${named(elsewhere)} ${fate}`);
  }
  return lines;
}

function named(events: HeardEvent[]): string {
  const names = events.map(({ event }) => `"${event['detail-type']}" from "${event.source}"`);
  return [...new Set(names)].join(', ');
}
