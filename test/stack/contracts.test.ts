import { describe, expect, it } from 'vitest';
import { functionEntries } from '../../lib/config/functions.ts';
import { ERROR_QUERY } from '../../lib/stack/operations.ts';
import { resolve } from './resolve.ts';
import { COGNITO, JWKS, resourcesOf, SHARED_SECRET, type Template, templateOf } from './synthesize.ts';

const template = templateOf(JWKS);

function all(type: string, of: Template = template): Record<string, unknown>[] {
  return resourcesOf(of, type).map(
    ([, properties]) => resolve(of, { ...properties, Code: undefined }) as Record<string, unknown>,
  );
}
const only = (type: string, of: Template = template) => {
  const found = all(type, of);
  expect(found).toHaveLength(1);
  return found[0] ?? {};
};

describe('asynchronous hops', () => {
  const DEAD_LETTERS = 'arn:trade-room-dev-event-dead-letters';

  it('every asynchronous hop has a dead-letter queue', () => {
    const targets = all('AWS::Events::Rule').flatMap(({ Targets: list }) => list as object[]);
    expect(targets).toHaveLength(1);
    for (const target of targets) expect(target).toMatchObject({ DeadLetterConfig: { Arn: DEAD_LETTERS } });

    const invoked = targets.map((target) => (target as { Arn: string }).Arn.replace('arn:', ''));
    for (const name of invoked) {
      const config = all('AWS::Lambda::EventInvokeConfig').find(({ FunctionName: of }) => of === name);
      expect(config).toMatchObject({ DestinationConfig: { OnFailure: { Destination: DEAD_LETTERS } } });
    }

    const consumed = all('AWS::Lambda::EventSourceMapping').map(({ EventSourceArn: arn }) => arn);
    expect(consumed).toEqual(['arn:trade-room-dev-auth-deadline', 'arn:trade-room-dev-room-events.fifo']);
    const redrives = all('AWS::SQS::Queue')
      .filter(({ QueueName: name }) => consumed.includes(`arn:${name}`))
      .map(({ RedrivePolicy: redrive }) => redrive);
    expect(redrives).toEqual([
      { maxReceiveCount: 5, deadLetterTargetArn: 'arn:trade-room-dev-auth-deadline-dead-letters' },
      { maxReceiveCount: 10, deadLetterTargetArn: 'arn:trade-room-dev-room-events-dead-letters.fifo' },
    ]);
  });

  it('EventBridge may really send to the dead letters, for this rule alone', () => {
    const policies = all('AWS::SQS::QueuePolicy').flatMap(
      ({ PolicyDocument: document }) => (document as { Statement: Record<string, unknown>[] }).Statement,
    );
    const allowed = policies.filter(({ Effect: effect }) => effect === 'Allow');
    const [[rule] = []] = resourcesOf(template, 'AWS::Events::Rule');
    expect(allowed).toEqual([
      expect.objectContaining({
        Action: 'sqs:SendMessage',
        Principal: { Service: 'events.amazonaws.com' },
        Resource: DEAD_LETTERS,
        Condition: { ArnEquals: { 'aws:SourceArn': `arn:${rule}` } },
      }),
    ]);
  });

  it('an event that nobody took within minutes is no news any more', () => {
    const [target] = only('AWS::Events::Rule')['Targets'] as Record<string, object>[];
    expect(target?.['RetryPolicy']).toEqual({ MaximumEventAgeInSeconds: 60 });
    // Nobody invokes the worker asynchronously: there are the ingest and the canary.
    const configs = all('AWS::Lambda::EventInvokeConfig').map(
      ({ FunctionName: name, MaximumEventAgeInSeconds: age, MaximumRetryAttempts: retries }) => [
        name,
        age,
        retries,
      ],
    );
    expect(configs).toEqual([
      ['trade-room-dev-ingest', 220, 2],
      ['trade-room-dev-canary', 60, 0],
    ]);
  });

  it('dead letters wait for two weeks', () => {
    const dead = all('AWS::SQS::Queue').filter(({ QueueName: name }) =>
      /dead-letters(\.fifo)?$/.test(String(name)),
    );
    expect(dead.map(({ MessageRetentionPeriod: seconds }) => seconds)).toEqual(dead.map(() => 1_209_600));
    expect(dead).toHaveLength(4);
  });

  it('every queue is encrypted and refuses what is not TLS', () => {
    const queues = all('AWS::SQS::Queue');
    for (const queue of queues) expect(queue['SqsManagedSseEnabled']).toBe(true);
    const refusals = all('AWS::SQS::QueuePolicy').filter((policy) =>
      /"Effect":"Deny".*"aws:SecureTransport":"false"|"aws:SecureTransport":"false".*"Effect":"Deny"/.test(
        JSON.stringify(policy),
      ),
    );
    expect(refusals).toHaveLength(queues.length);
  });
});

describe('the canary', () => {
  const CANARY = 'arn:trade-room-dev-canary';
  const DEAD_LETTERS = 'arn:trade-room-dev-canary-dead-letters';

  it('is run each minute, and once: the next run comes before a retry would', () => {
    const schedule = only('AWS::Scheduler::Schedule');
    expect(schedule).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: CANARY,
        RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
        DeadLetterConfig: { Arn: DEAD_LETTERS },
      },
    });
    const config = all('AWS::Lambda::EventInvokeConfig').find(({ FunctionName: of }) =>
      CANARY.endsWith(`:${of}`),
    );
    expect(config).toMatchObject({
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: DEAD_LETTERS } },
    });
    const canary = all('AWS::Lambda::Function').find(({ FunctionName: name }) => CANARY.endsWith(`:${name}`));
    expect(canary?.['Timeout']).toBeLessThan(60);
  });

  it('may be invoked by the schedule of this account, whose role can only do that and send to the dead letters', () => {
    const { Target: target } = only('AWS::Scheduler::Schedule') as { Target: { RoleArn: string } };
    const role = template.Resources[target.RoleArn.replace('arn:', '')];
    const properties = resolve(template, role?.Properties) as Record<string, unknown>;
    expect(properties['AssumeRolePolicyDocument']).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': '000000000000' } },
        },
      ],
    });
    expect(properties['Policies']).toMatchObject([
      {
        PolicyDocument: {
          Statement: [
            { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: CANARY },
            { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: DEAD_LETTERS },
          ],
        },
      },
    ]);
    expect(properties).not.toHaveProperty('ManagedPolicyArns');
  });

  it('does not run before the stage, the queues and the rule are there', () => {
    const [schedule] = Object.values(template.Resources).filter(
      ({ Type }) => Type === 'AWS::Scheduler::Schedule',
    );
    const needed = [
      'AWS::ApiGatewayV2::Stage',
      'AWS::Lambda::EventSourceMapping',
      'AWS::Events::Rule',
    ].flatMap((type) => resourcesOf(template, type).map(([id]) => id));
    expect(schedule?.['DependsOn']).toEqual(expect.arrayContaining(needed));
  });

  it.each<[string, Record<string, unknown>, object]>([
    ['signs its tokens where they are signed with a secret', SHARED_SECRET, { from: 'jwt-secret' }],
    ['has none where no secret is given', JWKS, { from: 'nowhere' }],
    ['has none where no secret is given, with Cognito', COGNITO, { from: 'nowhere' }],
    [
      'gets one by the secret that is given',
      { ...JWKS, canarySecretName: 'mine' },
      { from: 'canary-secret', secretId: 'mine' },
    ],
  ])('%s', (_, settings, expected) => {
    const canary = all('AWS::Lambda::Function', templateOf(settings)).find(({ FunctionName: name }) =>
      /-canary$/.test(String(name)),
    );
    const { Variables: variables = {} } = (canary?.['Environment'] ?? {}) as {
      Variables?: Record<string, string>;
    };
    expect(JSON.parse(variables['CANARY_TOKENS'] ?? '')).toMatchObject(expected);
    expect(variables['WEB_SOCKET_URL']).toMatch(/^wss:\/\/.*\/dev$/);
  });

  it('does not run, and is no alarm, where the setting says so', () => {
    const without = templateOf({ ...JWKS, canary: 'false' });
    expect(all('AWS::Scheduler::Schedule', without)).toEqual([]);
    // Its role could make tokens and put events.
    const functions = all('AWS::Lambda::Function', without).map(({ FunctionName: name }) => String(name));
    expect(functions.filter((name) => name.includes('canary'))).toEqual([]);
    expect(functions).toHaveLength(Object.keys(functionEntries('jwks')).length - 1);
    const names = resourcesOf(without, 'AWS::CloudWatch::Alarm').map(([, { AlarmName: name }]) => name);
    expect(names).not.toContain('trade-room-dev-canary-silent');
  });
});

describe('functions', () => {
  it('every function is Node 24 on arm64, with source maps', () => {
    const functions = all('AWS::Lambda::Function');
    expect(functions).toHaveLength(Object.keys(functionEntries('jwks')).length);
    for (const one of functions) {
      expect(one).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
      });
      expect(JSON.stringify(one['Environment'])).toContain('--enable-source-maps');
    }
  });

  it('the broadcaster alone may be invoked by its own messages; Lambda stops any other loop', () => {
    const loops = all('AWS::Lambda::Function').map(({ FunctionName: name, RecursiveLoop: loop }) => [
      name,
      loop,
    ]);
    const allowed = loops.filter(([, loop]) => loop !== undefined);
    expect(allowed).toEqual([['trade-room-dev-broadcast', 'Allow']]);
  });

  it('every function logs to a group of its own that forgets after the retention', () => {
    const groups = all('AWS::Logs::LogGroup', templateOf({ ...JWKS, logRetentionDays: 7 }));
    expect(groups.map(({ RetentionInDays: days }) => days)).toEqual(groups.map(() => 7));
    const named = groups.map(({ LogGroupName: name }) => name);
    const used = all('AWS::Lambda::Function').map(
      (one) => (one['LoggingConfig'] as { LogGroup: string }).LogGroup,
    );
    expect(new Set(used)).toEqual(new Set(named));
    expect(new Set(used).size).toBe(used.length);
  });

  it('every line that a function or Lambda logs is JSON: of Lambda what failed, of functions what is INFO and above', () => {
    for (const one of all('AWS::Lambda::Function')) {
      expect(one['LoggingConfig']).toMatchObject({
        LogFormat: 'JSON',
        ApplicationLogLevel: 'INFO',
        SystemLogLevel: 'WARN',
      });
      // The same locally, where Lambda's level is not.
      const { Variables: variables = {} } = one['Environment'] as { Variables?: Record<string, string> };
      expect(variables['POWERTOOLS_LOG_LEVEL'] ?? 'INFO').toBe('INFO');
    }
  });

  it('the query for errors is saved, and looks into the log of every function', () => {
    const saved = only('AWS::Logs::QueryDefinition');
    expect(saved).toMatchObject({
      Name: 'trade-room-dev/errors, time-outs and crashes',
      QueryString: ERROR_QUERY,
    });
    const groups = all('AWS::Logs::LogGroup').map(({ LogGroupName: name }) => name);
    expect(saved['LogGroupNames']).toEqual(groups);
  });

  it('the auth function is told the one token mode', () => {
    const tokens = (settings: Record<string, unknown>) => {
      const [auth] = all('AWS::Lambda::Function', templateOf(settings)).filter(({ FunctionName: name }) =>
        /-auth$/.test(String(name)),
      );
      const { Variables: variables } = (auth?.['Environment'] ?? {}) as {
        Variables?: Record<string, string>;
      };
      return JSON.parse(variables?.['TOKEN_SETTINGS'] ?? '');
    };
    const { tokenIssuer: issuer, tokenAudience: audience } = JWKS;
    expect(tokens(JWKS)).toEqual({ mode: 'jwks', issuer, audience, userIdClaim: 'sub' });
  });
});

describe('the table', () => {
  const tableKeyArn = 'arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000';
  const tableOf = (settings: Record<string, unknown>) => {
    const [entry] = Object.values(templateOf({ ...JWKS, ...settings }).Resources).filter(
      ({ Type: type }) => type === 'AWS::DynamoDB::GlobalTable',
    );
    return entry ?? { Type: '', Properties: {} };
  };

  it('is on demand, recoverable to any point in time', () => {
    expect(tableOf({}).Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      Replicas: [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }],
    });
  });

  it('is encrypted by DynamoDB’s own key, which needs no KMS, unless a key is given', () => {
    expect(tableOf({}).Properties['SSESpecification']).toEqual({ SSEEnabled: false });
    expect(tableOf({ tableKeyArn }).Properties).toMatchObject({
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      Replicas: [{ SSESpecification: { KMSMasterKeyId: tableKeyArn } }],
    });
  });

  it.each(['dev', 'prod', 'production', 'live', 'prod-eu'])(
    'of stage %s outlives its stack and refuses to be deleted',
    (stage) => {
      expect(tableOf({ stage })).toMatchObject({
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
        Properties: { Replicas: [{ DeletionProtectionEnabled: true }] },
      });
    },
  );

  it('goes with its stack where the setting says so, whatever the stage is called', () => {
    expect(tableOf({ stage: 'prod', removalPolicy: 'destroy' })).toMatchObject({
      DeletionPolicy: 'Delete',
      Properties: { Replicas: [{ DeletionProtectionEnabled: false }] },
    });
  });
});

describe('the stage', () => {
  it('deploys itself, throttles, and logs no message', () => {
    const { AutoDeploy: autoDeploy, DefaultRouteSettings: settings } = only('AWS::ApiGatewayV2::Stage');
    expect(autoDeploy).toBe(true);
    expect(settings).toEqual({
      ThrottlingRateLimit: 2_000,
      ThrottlingBurstLimit: 1_000,
    });
  });

  it('is made after its routes: or it would deploy itself for each of them, all at once', () => {
    const template = templateOf(JWKS);
    const [stage] = Object.values(template.Resources).filter(
      ({ Type }) => Type === 'AWS::ApiGatewayV2::Stage',
    );
    const routes = Object.entries(template.Resources).filter(
      ([, { Type }]) => Type === 'AWS::ApiGatewayV2::Route',
    );
    expect(routes).toHaveLength(7);
    expect(stage?.['DependsOn']).toEqual(expect.arrayContaining(routes.map(([logicalId]) => logicalId)));
  });

  it('leaves the role of API Gateway’s logs to the account when the stack goes', () => {
    const { Resources: resources } = templateOf({ ...JWKS, apiGatewayCloudWatchRole: 'true' });
    const account = Object.values(resources).find(({ Type }) => Type === 'AWS::ApiGateway::Account');
    const role = Object.entries(resources).find(([logicalId]) => logicalId.includes('CloudWatchRole'));
    expect([account?.['DeletionPolicy'], role?.[1]['DeletionPolicy']]).toEqual(['Retain', 'Retain']);
  });

  it('writes an access log only where the account’s CloudWatch role is ours, and waits for it', () => {
    expect(only('AWS::ApiGatewayV2::Stage')).not.toHaveProperty('AccessLogSettings');
    expect(all('AWS::ApiGateway::Account')).toEqual([]);

    const logged = templateOf({ ...JWKS, apiGatewayCloudWatchRole: 'true' });
    const [[account] = []] = resourcesOf(logged, 'AWS::ApiGateway::Account');
    const [[stage] = []] = resourcesOf(logged, 'AWS::ApiGatewayV2::Stage');
    expect(logged.Resources[stage ?? '']?.['DependsOn']).toContain(account);
    const { AccessLogSettings: settings } = only('AWS::ApiGatewayV2::Stage', logged);
    expect(settings).toHaveProperty('DestinationArn');
    expect(JSON.stringify(settings)).not.toMatch(/\$input|body|header|authorizer/i);
  });

  it('has a name of its own where one is set', () => {
    const certificateArn = 'arn:aws:acm:eu-west-1:123456789012:certificate/0';
    const named = templateOf({ ...JWKS, domainName: 'realtime.example.com', certificateArn });
    expect(only('AWS::ApiGatewayV2::ApiMapping', named)).toMatchObject({ Stage: 'dev' });
    expect(JSON.stringify(named.Outputs['WebSocketUrl'])).toContain('wss://');
    expect(named.Outputs).toHaveProperty('DomainTarget');
  });
});

describe('publishers', () => {
  it('need nothing but PutEvents on this bus', () => {
    const { PolicyDocument: document } = only('AWS::IAM::ManagedPolicy');
    expect(document).toMatchObject({
      Statement: [{ Effect: 'Allow', Action: 'events:PutEvents', Resource: 'arn:trade-room-dev' }],
    });
  });

  it('of other accounts are let in one by one, and nobody else', () => {
    expect(all('AWS::Events::EventBusPolicy')).toEqual([]);
    const open = templateOf({ ...JWKS, publisherAccounts: '111111111111, 222222222222' });
    const principals = all('AWS::Events::EventBusPolicy', open).map(
      ({ Statement: statement }) => (statement as { Principal: { AWS: string } }).Principal.AWS,
    );
    expect(principals).toEqual(['arn:aws:iam::111111111111:root', 'arn:aws:iam::222222222222:root']);
  });
});

describe('outputs', () => {
  it('tell what one must know to use the stack', () => {
    expect(Object.keys(template.Outputs)).toEqual(
      expect.arrayContaining([
        'WebSocketUrl',
        'EventBusName',
        'EventBusArn',
        'TableName',
        'PublisherPolicyArn',
      ]),
    );
  });
});
