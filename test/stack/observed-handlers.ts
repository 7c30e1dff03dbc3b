import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { type FunctionName, functions } from '../../lib/config/functions.ts';
import type { FunctionPermissions } from '../../lib/config/permissions.ts';
import { type QueueName, queues } from '../../lib/config/queues.ts';
import type { Gateway, Store } from '../../lib/core/ports.ts';
import { authDeadlineQueue, deadLetterQueue, retrySoon } from '../../lib/queue/queues.ts';
import { lambdaWorkers } from '../../lib/workers/lambda-workers.ts';
import { type HandlerPorts, type Handlers, handlersOver } from '../support/handlers.ts';
import { storeActions } from '../support/permitted-ports.ts';

/** What functions use of AWS while their real handlers run, and what clients have sent them. */
export interface Observer {
  /** Function → `service:Action resource`; resources by their names in `lib/config`. */
  used: Map<FunctionName, Set<string>>;
  /** Message type → the fields of `data` that were sent, `since.epoch` for one within another. */
  sent: Map<string, Set<string>>;
  /** The handlers, each noting what it uses. */
  handlers(ports: HandlerPorts): Handlers;
  /** The store, noting what it uses. `test/contract/store.property.test.ts` compares `storeActions` with the real one. */
  store(store: Store): Store;
  as<Result>(name: FunctionName, run: () => Promise<Result>): Promise<Result>;
  /** In the place of an SDK's client of the adapters; `answer` is what it is answered. */
  client<Client extends SQSClient | LambdaClient | SecretsManagerClient | EventBridgeClient>(
    answer?: (input: Record<string, unknown>) => Promise<object>,
  ): Client;
}

// Nothing is refused: what is used is to be compared with what is granted.
const everything: FunctionPermissions = {
  table: [...new Set(Object.values(storeActions))],
  connections: ['POST', 'DELETE'],
  sendsTo: Object.keys(queues) as QueueName[],
  advancesRetriesOf: Object.keys(queues) as QueueName[],
  invokes: ['broadcastWorker'],
};
const permissions = Object.fromEntries(Object.keys(functions).map((name) => [name, everything])) as Record<
  FunctionName,
  FunctionPermissions
>;

export function createObserver(): Observer {
  /** Which function runs the code that calls. */
  const running = new AsyncLocalStorage<FunctionName>();
  const used: Observer['used'] = new Map();
  const sent: Observer['sent'] = new Map();

  function use(permission: string): void {
    const name = running.getStore();
    if (name !== undefined) used.set(name, (used.get(name) ?? new Set()).add(permission));
  }

  const noting =
    <Parameters extends unknown[], Result>(permission: string, call: (...parameters: Parameters) => Result) =>
    (...parameters: Parameters) => {
      use(permission);
      return call(...parameters);
    };

  const observedGateway = ({ post, close }: Gateway): Gateway => ({
    post: noting('execute-api:ManageConnections POST', post),
    close: noting('execute-api:ManageConnections DELETE', close),
  });

  const observedStore = (store: Store): Store => ({
    ...store,
    ...Object.fromEntries(
      Object.entries(storeActions).map(([method, action]) => [
        method,
        noting(`dynamodb:${action} table`, store[method as keyof Store] as (...all: never[]) => unknown),
      ]),
    ),
  });

  const client: Observer['client'] = (answer = async () => ({})) =>
    ({
      async send(command: { constructor: { name: string }; input: Record<string, unknown> }) {
        use(permissionOf(command.constructor.name.replace('Command', ''), command.input));
        return answer(command.input);
      },
    }) as never;

  function handlers(ports: HandlerPorts): Handlers {
    const sqs = client<SQSClient>();
    const made: Handlers = handlersOver({
      permissions,
      ...ports,
      store: observedStore(ports.store),
      gateway: observedGateway(ports.gateway),
      enqueueEvent: noting('sqs:SendMessage room-events.fifo', ports.enqueueEvent),
      requestDelivery: noting('sqs:SendMessage room-events.fifo', ports.requestDelivery),
      deadLetter: deadLetterQueue(sqs, 'event-dead-letters'),
      retrySoon: retrySoon(sqs, 'room-events.fifo'),
      scheduleAuthDeadline: ports.scheduleAuthDeadline ?? authDeadlineQueue(sqs, 'auth-deadline'),
      invokeWorker: lambdaWorkers(
        client<LambdaClient>(async ({ Payload: payload }) => {
          const result = await observed.broadcastWorker(JSON.parse(String(payload)));
          return { Payload: { transformToString: () => JSON.stringify(result) } };
        }),
        'broadcastWorker',
      ),
    });
    const as =
      <Event, Result>(name: FunctionName, handler: (event: Event) => Promise<Result>) =>
      (event: Event) => {
        noteSent(sent, event as { body?: string });
        return running.run(name, () => handler(event));
      };
    const observed: Handlers = {
      $connect: as('connect', made.$connect),
      $disconnect: as('disconnect', made.$disconnect),
      auth: as('auth', made.auth),
      subscribe_room: as('subscribeRoom', made.subscribe_room),
      unsubscribe_room: as('unsubscribeRoom', made.unsubscribe_room),
      ping: as('ping', made.ping),
      authDeadline: as('authDeadline', made.authDeadline),
      ingest: as('ingest', made.ingest),
      broadcast: as('broadcast', made.broadcast),
      broadcastWorker: as('broadcastWorker', made.broadcastWorker),
    };
    return observed;
  }

  return {
    used,
    sent,
    store: observedStore,
    handlers,
    client,
    as: (name, run) => running.run(name, run),
  };
}

function permissionOf(operation: string, input: Record<string, unknown>): string {
  if (operation === 'Invoke') return `lambda:InvokeFunction ${input['FunctionName']}`;
  if (operation === 'PutEvents') {
    const [entry] = input['Entries'] as { EventBusName: string }[];
    return `events:PutEvents ${entry?.EventBusName}`;
  }
  if (operation === 'GetSecretValue') return `secretsmanager:GetSecretValue ${input['SecretId']}`;
  return `sqs:${operation} ${input['QueueUrl']}`;
}

function noteSent(sent: Observer['sent'], { body }: { body?: string }): void {
  if (body === undefined) return;
  const { type, data } = JSON.parse(body);
  const fields = sent.get(type) ?? new Set<string>();
  for (const field of fieldsIn(data)) fields.add(field);
  sent.set(type, fields);
}

function fieldsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([field, inner]) => [
    field,
    ...fieldsIn(inner).map((name) => `${field}.${name}`),
  ]);
}
