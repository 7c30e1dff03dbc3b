import type { LambdaFunction } from '../description.ts';
import type { AwsCall } from '../faults.ts';
import { accessDenied, missingSignature } from './access-denied.ts';
import { signerOf } from './credentials.ts';
import { compilePolicy, type Policy } from './policy.ts';
import type { Permission } from './required-permissions.ts';

/** A request, as far as its signature is concerned. */
export interface SignedRequest {
  headers: { authorization?: string | undefined };
}

/**
 * Lets a call to an AWS API pass if a developer's key has signed it, or that of a function whose role allows all that the
 * call needs; `needs` is asked for a function only. A signature in the query, which no SDK makes here, counts as none.
 * @throws AwsError under the service's own names and with its status: `MissingAuthenticationTokenException`,
 *   `AccessDeniedException`.
 */
export type Authorize = (
  request: SignedRequest,
  service: AwsCall['service'],
  needs: () => readonly Permission[],
) => void;

/**
 * Holds functions to the statements of their roles, whatever API they call. A refused action is printed once for each
 * function and resource, with five resources at most.
 * @throws Error for a statement that IAM would not take.
 */
export function createAccessControl(options: {
  functions: Record<string, LambdaFunction>;
  print: (line: string) => void;
}): Authorize {
  const policies = policiesOf(options.functions);
  const printed = new Map<string, Set<string>>();

  function tell(functionName: string, { action, resource }: Permission): void {
    const refused = `${functionName} ${action}`;
    const resources = printed.get(refused) ?? new Set();
    printed.set(refused, resources);
    if (resources.has(resource) || resources.size >= MOST_PRINTED) return;
    resources.add(resource);
    options.print(
      `iam: ${functionName} may not ${action} on ${resource}; AWS refuses it, too: no statement of its role allows it`,
    );
  }

  return (request, service, needs) => {
    const signer = signerOf(request.headers.authorization);
    if (signer.kind === 'nobody') throw missingSignature(service);
    if (signer.kind === 'developer') return;
    const { functionName } = signer;
    const policy = policies.get(functionName) ?? allowsNothing;
    const denied = needs().find(({ action, resource }) => !policy(action, resource));
    if (denied === undefined) return;
    tell(functionName, denied);
    throw accessDenied(service, functionName, denied);
  };
}

/** Every connection is a resource of its own. */
const MOST_PRINTED = 5;

const allowsNothing: Policy = () => false;

/** @throws Error that names the function whose statements are malformed. */
export function policiesOf(functions: Record<string, LambdaFunction>): Map<string, Policy> {
  return new Map(
    Object.entries(functions).map(([name, { statements }]) => {
      try {
        return [name, compilePolicy(statements)];
      } catch (cause) {
        throw new Error(`The role of ${name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      }
    }),
  );
}
