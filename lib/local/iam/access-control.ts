import { arnsOf, sessionArnOf } from '../arn.ts';
import { AwsError } from '../aws-json-service.ts';
import type { LambdaFunction, StackDescription } from '../description.ts';
import type { AwsCall } from '../faults.ts';
import { compilePolicy, type Policy } from './policy.ts';
import type { Permission } from './required-permissions.ts';

/** The part of a request that names its signer. */
interface SignedRequest {
  headers: { authorization?: string | undefined };
}

/**
 * Allows a call to an AWS API that a developer's key has signed, or the key of a function whose role allows all that the call
 * needs. `needs` is called for a function only. A signature in the query counts as none; no SDK makes one here.
 * @throws AwsError `MissingAuthenticationTokenException` or `AccessDeniedException`, with the name and status of the service.
 */
export type Authorize = (
  request: SignedRequest,
  service: AwsCall['service'],
  needs: () => readonly Permission[],
) => void;

/**
 * Enforces the statements of the functions' roles on every API call. A refused action is printed once for each function and
 * resource, for at most five resources.
 * @throws Error for a statement that IAM would refuse.
 */
export function createAccessControl(options: {
  functions: Record<string, LambdaFunction>;
  print: (line: string) => void;
}): Authorize {
  const policies = policiesOf(options.functions);
  const printed = new Map<string, Set<string>>();

  function printRefusal(functionName: string, { action, resource }: Permission): void {
    const refused = `${functionName} ${action}`;
    const resources = printed.get(refused) ?? new Set();
    printed.set(refused, resources);
    if (resources.has(resource) || resources.size >= MAX_PRINTED) return;
    resources.add(resource);
    options.print(
      `iam: ${functionName} may not ${action} on ${resource}: no statement of its role allows it, so AWS refuses it, too`,
    );
  }

  return (request, service, needs) => {
    const signer = signerOf(request.headers.authorization);
    if (signer.kind === 'none') throw missingSignature(service);
    if (signer.kind === 'developer') return;
    const { functionName } = signer;
    const policy = policies.get(functionName) ?? allowsNothing;
    const denied = needs().find(({ action, resource }) => !policy(action, resource));
    if (denied === undefined) return;
    printRefusal(functionName, denied);
    throw accessDenied(service, functionName, denied);
  };
}

/** Limits the output, because every connection is a resource of its own. */
const MAX_PRINTED = 5;

const allowsNothing: Policy = () => false;

/** @throws Error that names the function whose statements are malformed. */
function policiesOf(functions: Record<string, LambdaFunction>): Map<string, Policy> {
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

const PREFIX = 'function-';

/**
 * The credentials of a function. The access key id contains its name, so that a signed request says which function calls. AWS
 * itself gives temporary credentials of the role:
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export function functionCredentials(functionName: string): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: `${PREFIX}${functionName}`,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
  };
}

/**
 * The caller in the `Authorization` header of a request. The signature is not verified.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html
 */
type Signer =
  | { kind: 'none' }
  /** The developer's own tools, which may do everything. */
  | { kind: 'developer' }
  | { kind: 'function'; functionName: string };

function signerOf(authorization: string | undefined): Signer {
  const [, rest] = /^AWS4-HMAC-SHA256\b(.*)$/.exec(authorization ?? '') ?? [];
  if (rest === undefined) return { kind: 'none' };
  const [, accessKeyId = ''] = /\bCredential=([^/,\s]+)/.exec(rest) ?? [];
  if (!accessKeyId.startsWith(PREFIX)) return { kind: 'developer' };
  return { kind: 'function', functionName: accessKeyId.slice(PREFIX.length) };
}

type Service = AwsCall['service'];

/** The HTTP status of each service for a request that is not signed or not allowed. */
const STATUS: Record<Service, number> = {
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
  dynamodb: 400,
  // https://docs.aws.amazon.com/eventbridge/latest/APIReference/CommonErrors.html
  events: 400,
  // https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
  secretsmanager: 400,
  // https://github.com/aws/serverless-application-model/issues/3633
  sqs: 403,
  // https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html
  lambda: 403,
  // https://github.com/aws/aws-cdk/issues/18410
  'execute-api': 403,
};

/** AWS's error for a request without a signature. */
function missingSignature(service: Service): AwsError {
  const message = 'Missing Authentication Token';
  return new AwsError('MissingAuthenticationTokenException', message, STATUS[service]);
}

/**
 * AWS's error for a function whose role does not allow the call, with the text of
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html. SDKs name it `AccessDeniedException`; for SQS
 * they use its old code `AccessDenied`.
 */
function accessDenied(service: Service, functionName: string, { action, resource }: Permission): AwsError {
  const denied = `User: ${sessionArnOf(functionName)} is not authorized to perform: ${action} on resource: ${shown(service, resource)}`;
  const reason = ` because no identity-based policy allows the ${action} action`;
  // API Gateway gives no reason. https://github.com/aws/aws-cdk/issues/18410
  const message = service === 'execute-api' ? denied : denied + reason;
  const headers: Record<string, string> =
    service === 'sqs' ? { 'x-amzn-query-error': 'AccessDenied;Sender' } : {};
  const code = service === 'sqs' ? 'com.amazon.coral.service#AccessDeniedException' : 'AccessDeniedException';
  return new AwsError(code, message, STATUS[service], headers);
}

/** The resource in the message. API Gateway hides all but four digits of the account, and the connection id. */
function shown(service: Service, resource: string): string {
  if (service !== 'execute-api') return resource;
  return resource
    .replace(/:\d{8}(\d{4}):/, ':********$1:')
    .replace(/\/@connections\/.*$/, '/@connections/{connectionId}');
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions */
const POLLING = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

/**
 * Checks permissions that Lambda needs from the roles: Lambda polls a queue and sends the record of a failed event with the role
 * of the function.
 * @throws Error for a stack that Lambda would not deploy: the consumer of a queue may not poll it, or a function may not send to
 *   its on-failure destination.
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
    check(name, needed, 'to send the record of a failed event');
  }
}
