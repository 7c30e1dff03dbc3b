import { canarySchedule } from '../../lib/config/canary.ts';
import { type FunctionName, functions } from '../../lib/config/functions.ts';
import { type FunctionPermissions, permissions } from '../../lib/config/permissions.ts';
import { type QueueDescription, queues } from '../../lib/config/queues.ts';
import { eventRule, routes } from '../../lib/config/triggers.ts';
import { code, codes, count, table } from './markdown.ts';

/** Every Lambda function: what invokes it, its time and memory, and what its role allows. */
export function functionTable(): string {
  const names = Object.keys(functions) as FunctionName[];
  return table(
    ['function', 'invoked by', 'timeout, s', 'memory, MB', 'DynamoDB', '`@connections`', 'else'],
    names.map((name) => [
      code(name),
      invokers(name).join(', '),
      String(functions[name].timeoutSeconds),
      count(functions[name].memoryMB),
      codes(permissions[name].table),
      codes(permissions[name].connections),
      others(permissions[name]).join('; ') || '–',
    ]),
  );
}

function invokers(name: FunctionName): string[] {
  const ofRoutes = Object.entries(routes).filter(([, route]) => route.function === name);
  const described: [string, QueueDescription][] = Object.entries(queues);
  const ofQueues = described.filter(([, { consumer }]) => consumer?.function === name);
  const granted: [string, FunctionPermissions][] = Object.entries(permissions);
  const ofFunctions = granted.filter(([, { invokes }]) => invokes?.includes(name));
  return [
    ...ofRoutes.map(([route]) => `route ${code(route)}`),
    ...ofQueues.map(([queue]) => `queue ${code(queue)}`),
    ...ofFunctions.map(([caller]) => `function ${code(caller)}`),
    ...(eventRule.function === name ? ['the rule of the bus'] : []),
    ...(canarySchedule.function === name ? ['EventBridge Scheduler'] : []),
  ];
}

function others(granted: FunctionPermissions): string[] {
  const { sendsTo, advancesRetriesOf = [], invokes = [] } = granted;
  return [
    ...(sendsTo.length > 0 ? [`sends to ${codes(sendsTo)}`] : []),
    ...(advancesRetriesOf.length > 0
      ? [`${code('ChangeMessageVisibility')} on ${codes(advancesRetriesOf)}`]
      : []),
    ...(invokes.length > 0 ? [`invokes ${codes(invokes)}`] : []),
    ...(granted.readsJwtSecret ? ['reads the JWT secret'] : []),
    ...(granted.readsCanarySecret ? ['reads the secret of the canary'] : []),
    ...(granted.publishes ? ['puts events on the bus'] : []),
  ];
}
