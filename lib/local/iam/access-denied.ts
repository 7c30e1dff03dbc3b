import { sessionArnOf } from '../arn.ts';
import { AwsError } from '../aws-json-service.ts';
import type { AwsCall } from '../faults.ts';
import type { Permission } from './required-permissions.ts';

type Service = AwsCall['service'];

/** The status by which each service says that a request is not signed, or not allowed. */
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

/** What AWS answers a request without a signature. */
export function missingSignature(service: Service): AwsError {
  const message = 'Missing Authentication Token';
  return new AwsError('MissingAuthenticationTokenException', message, STATUS[service]);
}

/**
 * What AWS answers a function whose role does not allow the call, in the words of
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html. SDKs know it by the name
 * `AccessDeniedException`, but that of SQS by its old code `AccessDenied`.
 */
export function accessDenied(
  service: Service,
  functionName: string,
  { action, resource }: Permission,
): AwsError {
  const denied = `User: ${sessionArnOf(functionName)} is not authorized to perform: ${action} on resource: ${shown(service, resource)}`;
  const reason = ` because no identity-based policy allows the ${action} action`;
  // API Gateway gives no reason. https://github.com/aws/aws-cdk/issues/18410
  const message = service === 'execute-api' ? denied : denied + reason;
  const headers: Record<string, string> =
    service === 'sqs' ? { 'x-amzn-query-error': 'AccessDenied;Sender' } : {};
  const code = service === 'sqs' ? 'com.amazon.coral.service#AccessDeniedException' : 'AccessDeniedException';
  return new AwsError(code, message, STATUS[service], headers);
}

/** API Gateway shows of an account four digits, and of a connection nothing. */
function shown(service: Service, resource: string): string {
  if (service !== 'execute-api') return resource;
  return resource
    .replace(/:\d{8}(\d{4}):/, ':********$1:')
    .replace(/\/@connections\/.*$/, '/@connections/{connectionId}');
}
