import { arnsOf } from '../arn.ts';
import type { StackDescription } from '../description.ts';
import { policiesOf } from './access-control.ts';
import type { Permission } from './required-permissions.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions */
const POLLING = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

/**
 * Lambda polls a queue, and sends its record of a failed event, in the role of the function.
 * @throws Error for what Lambda would refuse to deploy: an event source mapping whose function may not poll the queue,
 *   an on-failure destination to which its function may not send.
 *   https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export function checkRoles({ functions, queues, region }: StackDescription): void {
  const policies = policiesOf(functions);
  const arns = arnsOf(region);

  function check(functionName: string, { action, resource }: Permission, purpose: string): void {
    if (policies.get(functionName)?.(action, resource)) return;
    throw new Error(
      `The role of ${functionName} does not allow ${action} on ${resource}, which Lambda needs ${purpose}`,
    );
  }

  for (const [name, { consumer }] of Object.entries(queues)) {
    if (consumer === undefined) continue;
    const resource = arns.queue(name);
    for (const action of POLLING) check(consumer.function, { action, resource }, 'to poll the queue for it');
  }
  for (const [name, { asynchronous }] of Object.entries(functions)) {
    const { onFailureQueue } = asynchronous ?? {};
    if (onFailureQueue === undefined) continue;
    const needed = { action: 'sqs:SendMessage', resource: arns.queue(onFailureQueue) };
    check(name, needed, 'to send there what the function failed with');
  }
}
