import { resourcesOf, type Template } from './synthesize.ts';

/** The property that holds the name of each type of resource. */
const nameProperties: Record<string, string> = {
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Events::EventBus': 'Name',
  'AWS::Logs::LogGroup': 'LogGroupName',
};

const pseudoParameters: Record<string, string> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
  'AWS::AccountId': '000000000000',
  'AWS::URLSuffix': 'amazonaws.com',
};

/**
 * Resolves a value of the template: `Ref` to the resource's name (of a queue, its URL), `GetAtt Arn` to `arn:<name>`,
 * `Join`. Throws at anything else: a guess would let a difference pass.
 */
export function resolve(template: Template, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(template, item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [[name, argument] = ['', undefined]] = entries;
  if (name === 'Ref') return referenced(template, String(argument));
  if (!name.startsWith('Fn::')) {
    return Object.fromEntries(entries.map(([key, item]) => [key, resolve(template, item)]));
  }
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map((part) => resolve(template, part)).join(separator);
  }
  if (name === 'Fn::GetAtt') {
    const [logicalId, attribute] = argument as [string, string];
    if (attribute === 'Arn') return `arn:${nameOf(template, logicalId)}`;
  }
  throw new Error(`${JSON.stringify(value)}: resolving it is not known here`);
}

/** As `resolve`, for what must be text. */
export function resolveText(template: Template, value: unknown): string {
  const resolved = resolve(template, value);
  if (typeof resolved === 'string') return resolved;
  throw new Error(`${JSON.stringify(value)}: expected text`);
}

/** The resolved properties of every resource of a type, without those that say where code lies. */
export function allOf(template: Template, type: string): Record<string, unknown>[] {
  return resourcesOf(template, type).map(
    ([, properties]) => resolve(template, { ...properties, Code: undefined }) as Record<string, unknown>,
  );
}

/** The resolved properties of the only resource of a type. Throws if there is none, or another. */
export function onlyOf(template: Template, type: string): Record<string, unknown> {
  const [first, ...others] = allOf(template, type);
  if (first !== undefined && others.length === 0) return first;
  throw new Error(`expected one ${type}, not ${others.length + (first === undefined ? 0 : 1)}`);
}

/** Short name of every function → its variables. */
export function variablesOf(template: Template): Record<string, Record<string, string>> {
  const functions = allOf(template, 'AWS::Lambda::Function') as {
    FunctionName?: string;
    Environment?: { Variables: Record<string, string> };
  }[];
  return Object.fromEntries(
    functions.map(({ FunctionName: name, Environment: environment }) => [
      String(name).replace(/^trade-room-[^-]+-/, ''),
      environment?.Variables ?? {},
    ]),
  );
}

function referenced(template: Template, target: string): string {
  const pseudo = pseudoParameters[target];
  if (pseudo !== undefined) return pseudo;
  const name = nameOf(template, target);
  const isQueue = template.Resources[target]?.Type === 'AWS::SQS::Queue';
  return isQueue ? `https://sqs.us-east-1.amazonaws.com/000000000000/${name}` : name;
}

function nameOf(template: Template, logicalId: string): string {
  const resource = template.Resources[logicalId];
  if (resource === undefined) throw new Error(`${logicalId}: there is no such resource`);
  const property = nameProperties[resource.Type];
  // A resource that AWS names is called by its logical id.
  const name = property === undefined ? undefined : resource.Properties[property];
  return name === undefined ? logicalId : resolveText(template, name);
}
