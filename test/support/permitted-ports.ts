import type { FunctionName } from '../../lib/config/functions.ts';
import type { ConnectionsMethod, FunctionPermissions, TableAction } from '../../lib/config/permissions.ts';
import type { QueueName } from '../../lib/config/queues.ts';
import type { Gateway, PostOutcome, Store } from '../../lib/core/ports.ts';
import type { HandlerPorts } from './handlers.ts';

export type Permissions = Record<FunctionName, FunctionPermissions>;

/** What each method of the store asks of DynamoDB; `test/contract/store.property.test.ts` compares it with the real one. */
export const storeActions: Record<keyof Store, TableAction> = {
  createConnection: 'PutItem',
  getConnection: 'GetItem',
  setUser: 'UpdateItem',
  setRoom: 'UpdateItem',
  refuseRoom: 'UpdateItem',
  pruneRooms: 'UpdateItem',
  markClosing: 'UpdateItem',
  deleteConnection: 'DeleteItem',
  putMembership: 'PutItem',
  deleteMembership: 'DeleteItem',
  readMembers: 'Query',
  readCursor: 'GetItem',
  createCursor: 'PutItem',
  advanceCursor: 'PutItem',
  putEvent: 'PutItem',
  readEvents: 'Query',
  putRetainedValue: 'PutItem',
  readRetainedValues: 'BatchGetItem',
  readAllRetainedValues: 'Query',
};

/** Ports of which a function may use only some. */
type Ports = Required<
  Pick<
    HandlerPorts,
    | 'store'
    | 'gateway'
    | 'enqueueEvent'
    | 'requestDelivery'
    | 'deadLetter'
    | 'retrySoon'
    | 'invokeWorker'
    | 'scheduleAuthDeadline'
  >
>;

/**
 * The ports as a function of this name finds them in AWS: a call that its permissions do not allow changes nothing and
 * rejects with `AccessDeniedException`; a post or a close is `refused`, a worker `not_run`. `onDenied` is told of each.
 */
export function permittedPorts(
  ports: Ports,
  name: FunctionName,
  granted: FunctionPermissions,
  onDenied: (sentence: string) => void,
): Ports {
  const denied = (what: string): Error => {
    const sentence = `${name} is not authorized to perform ${what}`;
    onDenied(sentence);
    return Object.assign(new Error(sentence), { name: 'AccessDeniedException' });
  };
  const rejecting = (what: string) => async (): Promise<never> => {
    throw denied(what);
  };
  const sending = (queue: QueueName) => [queue, 'SendMessage', granted.sendsTo] as const;
  const delaying = (queue: QueueName) =>
    [queue, 'ChangeMessageVisibility', granted.advancesRetriesOf ?? []] as const;
  const ifAllowed = <Port>(
    port: Port,
    [queue, action, allowed]: ReturnType<typeof sending | typeof delaying>,
  ) => (allowed.includes(queue) ? port : (rejecting(`${action} on ${queue}`) as Port));

  return {
    store: permittedStore(ports.store, granted, rejecting),
    gateway: permittedGateway(ports.gateway, granted, (method) => denied(`${method} on @connections`)),
    enqueueEvent: ifAllowed(ports.enqueueEvent, sending('room-events.fifo')),
    requestDelivery: ifAllowed(ports.requestDelivery, sending('room-events.fifo')),
    deadLetter: ifAllowed(ports.deadLetter, sending('event-dead-letters')),
    scheduleAuthDeadline: ifAllowed(ports.scheduleAuthDeadline, sending('auth-deadline')),
    retrySoon: ifAllowed(ports.retrySoon, delaying('room-events.fifo')),
    invokeWorker: granted.invokes?.includes('broadcastWorker')
      ? ports.invokeWorker
      : async () => ({ outcome: 'not_run', error: denied('InvokeFunction on broadcastWorker') }),
  };
}

const deniedMethods = new WeakMap<FunctionPermissions, (keyof Store)[]>();

function permittedStore(
  store: Store,
  granted: FunctionPermissions,
  rejecting: (what: string) => () => Promise<never>,
): Store {
  const methods = deniedMethods.get(granted) ?? deniedMethodsOf(granted);
  deniedMethods.set(granted, methods);
  if (methods.length === 0) return store;
  return {
    ...store,
    ...Object.fromEntries(methods.map((method) => [method, rejecting(storeActions[method])])),
  };
}

function deniedMethodsOf({ table }: FunctionPermissions): (keyof Store)[] {
  const methods = Object.keys(storeActions) as (keyof Store)[];
  return methods.filter((method) => !table.includes(storeActions[method]));
}

function permittedGateway(
  { post, close }: Gateway,
  { connections }: FunctionPermissions,
  denied: (method: ConnectionsMethod) => void,
): Gateway {
  const refused = (method: ConnectionsMethod) => async (): Promise<PostOutcome> => {
    denied(method);
    return 'refused';
  };
  return {
    post: connections.includes('POST') ? post : refused('POST'),
    close: connections.includes('DELETE') ? close : refused('DELETE'),
  };
}
