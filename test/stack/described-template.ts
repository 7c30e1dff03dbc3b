import { resolve, resolveText } from './resolve.ts';
import { resourcesOf, type Template } from './synthesize.ts';

type Properties = Record<string, unknown>;

/** What a template says, in the form of the description that the emulator serves. */
export function describedTemplate(template: Template) {
  const all = (type: string) =>
    resourcesOf(template, type).map(([id, properties]) => {
      // The place of the code differs in every deployment.
      const described = { ...properties, Code: undefined };
      return { id, properties: resolve(template, described) as Properties };
    });
  const [api] = all('AWS::ApiGatewayV2::Api');
  const [stage] = all('AWS::ApiGatewayV2::Stage');
  const [bus] = all('AWS::Events::EventBus');
  return {
    stage: stage?.properties['StageName'],
    functions: functionsOf(all('AWS::Lambda::Function'), all('AWS::Lambda::EventInvokeConfig')),
    webSocketApi: {
      routeSelectionExpression: api?.properties['RouteSelectionExpression'],
      routes: routesOf(template),
      throttle: throttleOf(stage?.properties['DefaultRouteSettings'] as Properties),
    },
    eventBus: {
      name: bus?.properties['Name'],
      rules: all('AWS::Events::Rule').map(({ properties }) => ruleOf(properties)),
    },
    queues: queuesOf(all('AWS::SQS::Queue'), all('AWS::Lambda::EventSourceMapping')),
    schedules: all('AWS::Scheduler::Schedule').map(({ properties }) => scheduleOf(properties)),
    tables: all('AWS::DynamoDB::GlobalTable').map(({ properties }) => tableOf(properties)),
  };
}

interface Described {
  id: string;
  properties: Properties;
}

const PREFIX = /^(arn:)?trade-room-[^-]+-/;
const shortName = (name: unknown) => String(name).replace(PREFIX, '');
const queueName = (arn: unknown) => String(arn).replace('arn:', '');

function functionsOf(functions: Described[], invokeConfigs: Described[]) {
  const entries = functions.map(({ properties }) => {
    const config = invokeConfigs.find((one) => one.properties['FunctionName'] === properties['FunctionName']);
    const { Variables: environment } = properties['Environment'] as { Variables: Record<string, string> };
    return [
      shortName(properties['FunctionName']),
      {
        environment,
        timeoutSeconds: properties['Timeout'],
        memoryMB: properties['MemorySize'],
        ...recursiveLoopOf(properties),
        ...(config !== undefined && { asynchronous: asynchronousOf(config.properties) }),
      },
    ] as const;
  });
  return Object.fromEntries(entries);
}

/** Lambda stops a loop unless the template says otherwise. */
function recursiveLoopOf({ RecursiveLoop: loop = 'Terminate' }: Properties) {
  return loop === 'Terminate' ? {} : { recursiveLoop: String(loop).toLowerCase() };
}

function asynchronousOf(config: Properties) {
  const { OnFailure: onFailure } = config['DestinationConfig'] as { OnFailure: { Destination: string } };
  return {
    maximumRetryAttempts: config['MaximumRetryAttempts'],
    maximumEventAgeSeconds: config['MaximumEventAgeInSeconds'],
    onFailureQueue: queueName(onFailure.Destination),
  };
}

function throttleOf(settings: Properties) {
  return { rateLimit: settings['ThrottlingRateLimit'], burstLimit: settings['ThrottlingBurstLimit'] };
}

function routesOf(template: Template) {
  const responses = resourcesOf(template, 'AWS::ApiGatewayV2::RouteResponse');
  const answered = responses.map(([, { RouteId: route }]) => resolveText(template, route));
  const entries = resourcesOf(template, 'AWS::ApiGatewayV2::Route').map(([id, properties]) => {
    const integration = resolveText(template, properties['Target']).replace('integrations/', '');
    const uri = resolveText(template, template.Resources[integration]?.Properties['IntegrationUri']);
    const [, name] = uri.match(/functions\/arn:trade-room-\w+-(\w+)\/invocations$/) ?? [];
    // Both are needed: the expression, and a response that it selects.
    const returnResponse =
      properties['RouteResponseSelectionExpression'] === '$default' && answered.includes(id);
    return [properties['RouteKey'], { function: name, returnResponse }] as const;
  });
  return Object.fromEntries(entries.map(([key, route]) => [String(key), route]));
}

function ruleOf(rule: Properties) {
  const targets = rule['Targets'] as { Arn: string }[];
  return { pattern: rule['EventPattern'], function: targets.map(({ Arn: arn }) => shortName(arn)).join() };
}

function scheduleOf(schedule: Properties) {
  const { Arn: arn } = schedule['Target'] as { Arn: string };
  const [, minutes] = String(schedule['ScheduleExpression']).match(/^rate\((\d+) minutes?\)$/) ?? [];
  return {
    name: shortName(schedule['Name']),
    everyMinutes: Number(minutes),
    function: shortName(arn),
  };
}

function queuesOf(queues: Described[], mappings: Described[]) {
  const entries = queues.map(({ properties }) => {
    const name = String(properties['QueueName']);
    const mapping = mappings.find((one) => one.properties['EventSourceArn'] === `arn:${name}`);
    return [
      name,
      {
        delaySeconds: properties['DelaySeconds'] ?? 0,
        visibilityTimeoutSeconds: properties['VisibilityTimeout'],
        retentionSeconds: properties['MessageRetentionPeriod'],
        ...fifoOf(properties),
        ...redriveOf(properties),
        ...(mapping !== undefined && { consumer: consumerOf(mapping.properties) }),
      },
    ] as const;
  });
  return Object.fromEntries(entries);
}

/** All FIFO attributes of a queue, so that an unexpected one makes a difference. */
function fifoOf(queue: Properties) {
  if (queue['FifoQueue'] !== true) return {};
  const { ContentBasedDeduplication: contentBasedDeduplication } = queue;
  return {
    fifo: {
      deduplicationScope: queue['DeduplicationScope'],
      throughputLimit: queue['FifoThroughputLimit'],
      ...(contentBasedDeduplication !== undefined && { contentBasedDeduplication }),
    },
  };
}

function redriveOf({ RedrivePolicy: policy }: Properties) {
  if (policy === undefined) return {};
  const { deadLetterTargetArn, maxReceiveCount } = policy as Properties;
  return { redrive: { deadLetterQueue: queueName(deadLetterTargetArn), maxReceiveCount } };
}

function consumerOf(mapping: Properties) {
  const types = (mapping['FunctionResponseTypes'] ?? []) as string[];
  const { MaximumConcurrency: maximumConcurrency } = mapping['ScalingConfig'] as Properties;
  return {
    function: shortName(mapping['FunctionName']),
    batchSize: mapping['BatchSize'],
    reportBatchItemFailures: types.includes('ReportBatchItemFailures'),
    maximumConcurrency,
  };
}

function tableOf(table: Properties) {
  const keys = table['KeySchema'] as { AttributeName: string; KeyType: string }[];
  const key = (type: string) => keys.find(({ KeyType }) => KeyType === type)?.AttributeName;
  const { AttributeName: timeToLiveAttribute } = table['TimeToLiveSpecification'] as Properties;
  return {
    name: table['TableName'],
    partitionKey: key('HASH'),
    sortKey: key('RANGE'),
    timeToLiveAttribute,
  };
}
