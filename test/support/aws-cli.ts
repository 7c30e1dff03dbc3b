import * as management from '@aws-sdk/client-apigatewaymanagementapi';
import * as dynamoDb from '@aws-sdk/client-dynamodb';
import * as sqs from '@aws-sdk/client-sqs';

interface Client {
  send(command: unknown): Promise<Record<string, unknown>>;
}
type Sdk = Record<string, new (input: object) => unknown>;

const services: Record<string, [Sdk, string]> = {
  sqs: [sqs as unknown as Sdk, 'SQSClient'],
  dynamodb: [dynamoDb as unknown as Sdk, 'DynamoDBClient'],
  apigatewaymanagementapi: [management as unknown as Sdk, 'ApiGatewayManagementApiClient'],
};

/**
 * Runs lines such as `aws sqs receive-message --queue-url "$QUEUE"` and `QUEUE=$(aws …)` through the SDK, as the AWS CLI
 * would: its parameters are the API's, spelt in kebab case. `variables` is the shell's. Without an `endpoint` the
 * environment must name one.
 */
export async function runAwsCli(line: string, endpoint: string | undefined, variables: Map<string, string>) {
  const [, variable, assigned] = line.match(/^(\w+)=\$\((.*)\)$/) ?? [];
  const words = (assigned ?? line).match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
  const [aws, service = '', operation = '', ...parameters] = words.map((word) => expand(word, variables));
  const [sdk, clientName] = services[service] ?? [{}, ''];
  const Command = sdk[`${pascal(operation)}Command`];
  const Client = sdk[clientName];
  if (aws !== 'aws' || Command === undefined || Client === undefined)
    throw new Error(`not known here: ${line}`);
  const { Query: query, Output: _, EndpointUrl: url = endpoint, ...input } = inputOf(parameters);
  const client = new Client(url === undefined ? {} : { endpoint: url }) as Client;
  const output = await client.send(new Command(input));
  if (variable !== undefined) variables.set(variable, String(output[String(query)]));
  return output;
}

function expand(word: string, variables: Map<string, string>): string {
  if (word.startsWith("'")) return word.slice(1, -1);
  return word.replace(/^"(.*)"$/, '$1').replace(/\$(\w+)/g, (_, name) => {
    const value = variables.get(name);
    if (value === undefined) throw new Error(`$${name} is not set`);
    return value;
  });
}

function inputOf(parameters: string[]): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (let index = 0; index < parameters.length; index += 2) {
    const name = pascal((parameters[index] ?? '').replace(/^--/, ''));
    const value = parameters[index + 1] ?? '';
    if (name.endsWith('AttributeNames')) input[name] = [value];
    else input[name] = /^(\d+$|\{)/.test(value) ? JSON.parse(value) : value;
  }
  return input;
}

const pascal = (text: string) => text.replace(/(^|-)(\w)/g, (_, _dash, letter) => letter.toUpperCase());
