/** The account id of all local resources. */
export const ACCOUNT_ID = '000000000000';

/** Builds ARNs in the form of AWS. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
export interface Arns {
  table(name: string): string;
  queue(name: string): string;
  lambda(functionName: string): string;
  eventBus(name: string): string;
  secret(nameAndSuffix: string): string;
  /** The ARN for a call to `@connections`. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-control-access-iam.html */
  connection(call: { apiId: string; stage: string; method: string; connectionId: string }): string;
}

export function arnsOf(region: string): Arns {
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${ACCOUNT_ID}:${resource}`;
  return {
    table: (name) => arn('dynamodb', `table/${name}`),
    queue: (name) => arn('sqs', name),
    lambda: (functionName) => arn('lambda', `function:${functionName}`),
    eventBus: (name) => arn('events', `event-bus/${name}`),
    secret: (nameAndSuffix) => arn('secretsmanager', `secret:${nameAndSuffix}`),
    connection: ({ apiId, stage, method, connectionId }) =>
      arn('execute-api', `${apiId}/${stage}/${method}/@connections/${connectionId}`),
  };
}

/** The identity of a running function: its role, in a session with the name of the function. */
export function sessionArnOf(functionName: string): string {
  return `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${functionName}/${functionName}`;
}
