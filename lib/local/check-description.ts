import type { StackDescription } from './description.ts';
import { checkRoles } from './iam/check-roles.ts';
import { functionViolations } from './lambda/function-violations.ts';
import { queueViolations } from './sqs/queue-violations.ts';

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const LONGEST_PATTERN = 2_048;
const MOST_RULES = 300;
/** Also of schedules. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html */
const RULE_NAME = /^[.\-_A-Za-z0-9]{1,64}$/;
/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html */
const MOST_ROUTES = 300;

/**
 * Refuses a stack that AWS would not deploy. Event patterns and the route selection expression are checked by those
 * that compile them.
 * @throws Error with a line for each violation, or what `checkRoles` throws.
 */
export function checkDescription(description: StackDescription): void {
  const found = [
    ...functionViolations(description),
    ...queueViolations(description),
    ...ruleViolations(description),
    ...routeViolations(description),
    ...scheduleViolations(description),
  ];
  if (found.length > 0) throw new Error(['AWS would refuse this stack:', ...found].join('\n  '));
  checkRoles(description);
}

function ruleViolations({ eventBus, functions }: StackDescription): string[] {
  const found = eventBus.rules.flatMap(({ name, pattern, function: target }) => {
    const length = JSON.stringify(pattern).length;
    return [
      ...(RULE_NAME.test(name) ? [] : [`rule ${name}: a name has at most 64 letters, digits, and . - _`]),
      ...(length > LONGEST_PATTERN
        ? [`rule ${name}: its pattern has ${length} characters, at most ${LONGEST_PATTERN} are allowed`]
        : []),
      ...(Object.hasOwn(functions, target)
        ? []
        : [`rule ${name}: its target ${target} is no function of the stack`]),
    ];
  });
  const count = eventBus.rules.length;
  return count > MOST_RULES
    ? [...found, `bus ${eventBus.name}: ${count} rules, at most ${MOST_RULES}`]
    : found;
}

function scheduleViolations({ schedules = [], functions }: StackDescription): string[] {
  return schedules.flatMap(({ name, everyMinutes, function: target }) => [
    ...(RULE_NAME.test(name) ? [] : [`schedule ${name}: a name has at most 64 letters, digits, and . - _`]),
    ...(Number.isInteger(everyMinutes) && everyMinutes >= 1
      ? []
      : [`schedule ${name}: a rate is a whole number of minutes, at least 1, not ${everyMinutes}`]),
    ...(Object.hasOwn(functions, target)
      ? []
      : [`schedule ${name}: its target ${target} is no function of the stack`]),
  ]);
}

function routeViolations({ webSocketApi, functions }: StackDescription): string[] {
  const routes = Object.entries(webSocketApi.routes);
  const found = routes
    .filter(([, { function: target }]) => !Object.hasOwn(functions, target))
    .map(([key, { function: target }]) => `route ${key}: ${target} is no function of the stack`);
  return routes.length > MOST_ROUTES
    ? [...found, `the API has ${routes.length} routes, at most ${MOST_ROUTES}`]
    : found;
}
