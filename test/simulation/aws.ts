import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { type PostingProcess, postingProcess } from '../../lib/core/broadcast/broadcast-slice.ts';
import type { Log } from '../../lib/core/log.ts';
import { logEvents } from '../../lib/core/log-events.ts';
import type { InvokeWorker, PostOutcome, Store } from '../../lib/core/ports.ts';
import type { Cursor } from '../../lib/core/room-log.ts';
import type { EventBridgeEvent } from '../../lib/lambda/on-room-event.ts';
import type { RoomMessageRecord } from '../../lib/lambda/on-room-messages.ts';
import type { WebSocketResponse } from '../../lib/lambda/websocket-routes.ts';
import type { ReceivedMessage } from '../../lib/local/sqs/message-queue.ts';
import { retrySoon } from '../../lib/queue/queues.ts';
import { roomStreams } from '../../lib/queue/room-streams.ts';
import { decodeResult, encodeWork } from '../../lib/workers/lambda-workers.ts';
import { type Handlers, handlersOver } from '../support/handlers.ts';
import { createChains } from './chains.ts';
import { type ClientEnd, type Connections, createConnections } from './connections.ts';
import { type Invocation, type Invoked, invoke } from './invocation.ts';
import type { Mutant } from './mutants.ts';
import { createStreams, isDeliver, type Streams } from './streams.ts';
import type { World } from './world.ts';

export interface PublishedEvent {
  type: string;
  roomId: string;
  id: string;
  data: object;
  publishedAt?: number;
}

/** A message of a client. */
export interface SentMessage {
  type: 'auth' | 'subscribe_room' | 'unsubscribe_room' | 'ping';
  data: object;
  id?: number;
}

/** Everything between a service and a client. It runs the real handlers. */
export interface SimulatedAws {
  publish(event: PublishedEvent): void;
  /** Resolves to whether the connection was accepted. */
  connect(connectionId: string, client: ClientEnd): Promise<boolean>;
  /** The answer, if any, comes as a frame. */
  send(connectionId: string, message: SentMessage): void;
  /** Invokes `$disconnect` for a connection that is gone. */
  disconnect(connectionId: string): void;
  connections: Connections;
  streams: Streams;
  /** Events that never reached a stream because all attempts of the ingest failed. */
  deadEvents: Set<string>;
  /** Whether no function runs and no message waits. */
  isIdle(): boolean;
}

export interface AwsOptions {
  store: Store;
  /** The cursor of a room, read without a call to the store. */
  readOrCreateCursor(roomId: string): Cursor | undefined;
  mutant: Mutant;
  logTtlMs: number;
  membersPerSlice: number;
}

/** What invokes a function. Without it a new chain begins. */
interface Cause {
  messages?: readonly ReceivedMessage[];
  traceHeaders?: readonly string[];
}

const traceHeadersOf = (messages: readonly ReceivedMessage[]) =>
  messages.flatMap(({ attributes }) => attributes['AWSTraceHeader'] ?? []);
const ownMessage = ({ messageId, attributes }: ReceivedMessage) => ({
  messageId,
  roomId: attributes['MessageGroupId'] ?? '',
});

/** Small, so that a few events are a backlog. */
const BATCH_SIZE = 3;
const POLLERS = 3;
/** When Lambda retries an asynchronous invocation. */
const ATTEMPTS_AFTER_MS = [0, 60_000, 120_000];
const TOKEN_LASTS_MS = 24 * 60 * 60 * 1000;

export function createAws(world: World, options: AwsOptions): SimulatedAws {
  const { store, mutant } = options;
  const connections = createConnections(world.time.now);
  /** The schedulers of warm functions. They outlive an invocation, but not a crash. */
  const warm = new Map<string, PostingProcess[]>();
  const streams = createStreams(world, mutant.streams);
  const chains = createChains(world, options.readOrCreateCursor, mutant.loops);
  const deadEvents = new Set<string>();
  let underWay = 0;
  const log: Log = (name, fields) => {
    if (logEvents[name].level !== 'error') return;
    // What was sent of the batch will be sent again.
    if (name === 'room_delivery_failed') world.hasCrashed = true;
    const cause = 'error' in fields && fields.error instanceof Error ? fields.error.message : '';
    world.note(`${name}: ${cause}`);
  };

  function run<Result>(
    name: string,
    work: (handlers: Handlers) => Promise<Result>,
    { messages = [], traceHeaders = traceHeadersOf(messages) }: Cause = {},
  ): Promise<Invoked<Result>> {
    const traceHeader = chains.admit(name, traceHeaders);
    if (traceHeader === undefined)
      return Promise.resolve({ outcome: 'refused', error: new Error('refused') });
    underWay += 1;
    const idle = warm.get(name) ?? [];
    warm.set(name, idle);
    const posting = idle.pop() ?? postingProcess({ clock: world.time.now, sleep: world.delay });
    const invoked = invoke(world, name, (invocation) =>
      work(handlersIn(invocation, posting, { messages, traceHeader })),
    );
    void invoked.then(({ outcome, ...rest }) => {
      underWay -= 1;
      if (outcome !== 'crashed') idle.push(posting);
      if (outcome === 'threw') world.note(`${name} threw ${'error' in rest && rest.error}`);
    });
    return invoked;
  }

  function handlersIn(
    invocation: Invocation,
    posting: PostingProcess,
    { messages, traceHeader }: { messages: readonly ReceivedMessage[]; traceHeader: string },
  ): Handlers {
    const client = streams.clientOf(traceHeader);
    const received = messages.map(ownMessage);
    const sqs = {
      send: (command: SendMessageCommand) =>
        invocation.queue(async () => {
          const answer = await client.send(command);
          const { MessageGroupId: roomId = '', MessageBody: body = '' } = command.input;
          if (command instanceof SendMessageCommand && isDeliver(body))
            chains.sent({ roomId, messageId: answer.MessageId ?? '' }, received);
          return answer;
        }),
    } as typeof client;
    const post = async (connectionId: string, frame: Uint8Array): Promise<PostOutcome> => {
      const text = new TextDecoder().decode(frame);
      if (world.chance(world.faults.slowReader)) stopReading(connectionId);
      const outcome = await invocation.gateway(() => connections.post(connectionId, text));
      if (outcome === 'throttled') connections.refused(connectionId, text);
      return outcome;
    };
    const stream = roomStreams(sqs, 'streams');
    const handlers = handlersOver({
      store: mutant.store?.(invocation.database(store)) ?? invocation.database(store),
      gateway: {
        post: mutant.post?.(post) ?? post,
        close: (connectionId) => invocation.gateway(() => connections.close(connectionId)),
      },
      clock: world.time.now,
      sleep: invocation.sleep,
      random: world.random,
      verifyToken: async (userId) => ({
        ok: true,
        user: { userId, tokenExpiresAt: world.time.now() + TOKEN_LASTS_MS, allowedRooms: '*' },
      }),
      ...stream,
      retrySoon: retrySoon(sqs, 'streams'),
      invokeWorker: invokeWorkerIn(traceHeader),
      log,
      onDenied: world.violated,
      ...(mutant.permissions !== undefined && { permissions: mutant.permissions }),
      posting,
      batchSize: BATCH_SIZE,
      deliveryIntervalMs: 200,
      postsPerSecond: 9_000,
      logTtlMs: options.logTtlMs,
      membersPerSlice: options.membersPerSlice,
    });
    return { ...handlers, ...mutant.handlers?.(handlers, { ...stream, sleep: invocation.sleep }) };
  }

  function stopReading(connectionId: string): void {
    const milliseconds = world.between(500, 15_000);
    connections.stopReading(connectionId, world.time.now() + milliseconds);
    world.note(`${connectionId} reads nothing for ${milliseconds} ms`);
  }

  const invokeWorkerIn =
    (traceHeader: string): InvokeWorker =>
    async (work) => {
      const error = new Error('the worker did not answer');
      if (world.chance(world.faults.crash * 5)) return { outcome: 'not_run', error };
      const worker = run(
        'broadcastWorker',
        (handlers) => handlers.broadcastWorker(JSON.parse(encodeWork(work))),
        { traceHeaders: [traceHeader] },
      );
      if (world.chance(world.faults.crash * 5)) {
        world.hasCrashed = true;
        return { outcome: 'unknown', error };
      }
      const invoked = await worker;
      if (invoked.outcome !== 'returned') return { outcome: 'died', error: invoked.error };
      return { outcome: 'done', result: decodeResult(JSON.parse(JSON.stringify(invoked.value))) };
    };

  async function poll(): Promise<never> {
    for (;;) {
      const messages = await receive();
      const records = (mutant.batch?.(messages) ?? messages) as unknown as RoomMessageRecord[];
      const served = await run('broadcast', (handlers) => handlers.broadcast({ Records: records }), {
        messages,
      });
      if (served.outcome !== 'returned') continue;
      const failed = new Set(served.value.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      for (const message of messages) if (!failed.has(message.messageId)) streams.delete(message);
    }
  }

  const receive = () => streams.receive(world.between(1, BATCH_SIZE));

  async function handToIngest(event: EventBridgeEvent, id: string): Promise<void> {
    for (const after of ATTEMPTS_AFTER_MS) {
      await world.delay(after);
      const { outcome } = await run('ingest', (handlers) => handlers.ingest(event));
      if (outcome === 'returned') return;
    }
    deadEvents.add(id);
  }

  async function deliver(event: EventBridgeEvent, id: string): Promise<void> {
    underWay += 1;
    await world.delay(world.chance(world.faults.late) ? world.between(1_000, 50_000) : world.between(1, 100));
    await handToIngest(event, id);
    underWay -= 1;
  }

  const route = (connectionId: string, eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT') => ({
    requestContext: {
      connectionId,
      eventType,
      connectedAt: world.time.now(),
      requestTimeEpoch: world.time.now(),
    },
  });

  for (let poller = 0; poller < POLLERS; poller += 1) void poll();
  return {
    publish({ type, id, ...detail }) {
      const event = { id: `eb-${id}`, 'detail-type': type, detail: { ...detail, id } };
      const times = world.chance(world.faults.duplicate) ? 2 : 1;
      for (let time = 0; time < times; time += 1) void deliver(event, id);
    },
    async connect(connectionId, client) {
      const event = route(connectionId, 'CONNECT');
      const { outcome } = await run('connect', (handlers) => handlers.$connect(event));
      if (outcome !== 'returned') return false;
      connections.open(connectionId, client);
      return true;
    },
    send(connectionId, message) {
      const event = { ...route(connectionId, 'MESSAGE'), body: JSON.stringify(message) };
      void run<WebSocketResponse>(message.type, (handlers) => handlers[message.type](event)).then(
        async (invoked) => {
          await world.delay(world.between(1, 20));
          if (invoked.outcome !== 'returned' || invoked.value.body === undefined) return;
          connections.post(connectionId, invoked.value.body);
        },
      );
    },
    disconnect(connectionId) {
      const event = route(connectionId, 'DISCONNECT');
      void run('disconnect', (handlers) => handlers.$disconnect(event));
    },
    connections,
    streams,
    deadEvents,
    isIdle: () => underWay === 0 && streams.isEmpty(),
  };
}
