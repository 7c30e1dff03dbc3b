import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  DeleteMessageCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { LOCAL_NAME } from '../lib/config/local-stack.ts';
import { nameOfStage } from '../lib/config/table.ts';
import { type Conflation, conflation } from '../lib/protocol/conflation.ts';
import { MAX_CLOCK_DISTANCE_MS } from '../lib/protocol/limits.ts';
import type { EventRefusal } from '../lib/protocol/parse-room-event.ts';
import { isRoomEventType } from '../lib/protocol/room-events.ts';
import { type Command, DEFAULT_PORT, fail, portOf, readCommandLine, type Shell } from './command-line.ts';
import { emulatorConfig } from './event-bridge.ts';

const usage = `npm run redrive -- --stage <name>
npm run redrive -- [--port ${DEFAULT_PORT}]

Publishes the events in the queue event-dead-letters that failed and are still news, deletes them from the queue, and prints a
line for each. Leaves the others in the queue: they are hidden from other readers for ten minutes.
The queue is that of a stage in AWS, with the AWS profile and region of your environment, or of the local emulator on that
port. The runbook says when to redrive: docs/operations/runbook.md.`;

/** Error codes of dead letters that would fail again. */
const PERMANENT: readonly string[] = [
  'unknown_event',
  'invalid_event',
  'too_large',
  'undeliverable',
] satisfies (EventRefusal | 'undeliverable')[];

/** Longer than one run, so that a run receives no message twice. */
const HIDDEN_SECONDS = 600;

/** An event as EventBridge wrote it. */
interface BusEvent {
  id: string;
  time: string;
  source: string;
  'detail-type': string;
  detail: { publishedAt?: number };
}

export const redrive: Command = {
  usage,
  endsItself: true,
  async run(shell) {
    const { bus, sqs, events } = clientsOf(shell);
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: `${bus}-event-dead-letters` }));
    const receive = new ReceiveMessageCommand({
      QueueUrl,
      WaitTimeSeconds: 1,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: HIDDEN_SECONDS,
      MessageAttributeNames: ['All'],
    });
    for (;;) {
      const { Messages: messages = [] } = await sqs.send(receive);
      if (messages.length === 0 || shell.stop.aborted) return 0;
      for (const message of messages) {
        const entry = entryOf(message, Date.now());
        if (entry === undefined) continue;
        const put = new PutEventsCommand({ Entries: [{ EventBusName: bus, ...entry }] });
        const { FailedEntryCount: failed } = await events.send(put);
        if (failed) fail(`EventBridge did not accept ${entry.DetailType} of message ${message.MessageId}`);
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
        shell.print(`redriven: ${entry.DetailType}`);
      }
    }
  },
};

/** What to publish again for a dead letter; undefined if it would fail again or is no news any more. */
function entryOf({ Body: body = '', MessageAttributes: attributes = {} }: Message, now: number) {
  const message = JSON.parse(body);
  const { 'detail-type': type, ...event }: BusEvent = message.requestPayload ?? message;
  if (PERMANENT.includes(attributes['ERROR_CODE']?.StringValue ?? '') || !isRoomEventType(type)) return;
  const sending: Conflation = conflation[type];
  const publishedAt = event.detail.publishedAt ?? Date.parse(event.time);
  const isRefused = publishedAt < now - MAX_CLOCK_DISTANCE_MS;
  if ('recurs' in sending || (isRefused && sending.send === 'newest')) return;
  // Without a time of its own the event gets the current one.
  const detail = { id: event.id, ...event.detail, publishedAt: isRefused ? undefined : publishedAt };
  return { Source: event.source, DetailType: type, Detail: JSON.stringify(detail) };
}

function clientsOf(shell: Shell) {
  const { values, positionals } = readCommandLine(shell, usage, {
    stage: { type: 'string' },
    port: { type: 'string' },
  });
  if (positionals.length > 0) fail(`unexpected: ${positionals.join(' ')}\n\n${usage}`);
  const { stage } = values;
  if (stage === undefined) {
    const config = emulatorConfig(`http://127.0.0.1:${portOf(values.port)}`);
    return { bus: LOCAL_NAME, sqs: new SQSClient(config), events: new EventBridgeClient(config) };
  }
  if (values.port !== undefined) fail(`--port names the local emulator, --stage a stage in AWS\n\n${usage}`);
  // The command names a stage, so an endpoint that was exported for the local emulator must not answer.
  for (const name of ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_SQS', 'AWS_ENDPOINT_URL_EVENTBRIDGE'])
    delete shell.environment[name];
  return { bus: nameOfStage(stage), sqs: new SQSClient({}), events: new EventBridgeClient({}) };
}
