import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { TradeRoomRealtime } from '../../lib/stack/trade-room-realtime.ts';
import { COGNITO, JWKS, resourcesOf, type Template, templateOf } from './synthesize.ts';

const certificateArn = 'arn:aws:acm:eu-west-1:123456789012:certificate/0';
const withAccessLog = { ...JWKS, apiGatewayCloudWatchRole: 'true' };
const withEverything = { ...withAccessLog, domainName: 'realtime.example.com', certificateArn };

/** Logical id → the logical ids that CloudFormation makes before it, named or referred to. */
function directlyBefore({ Resources: resources }: Template): Map<string, Set<string>> {
  const entries = Object.entries(resources).map(([id, resource]) => {
    const dependsOn = [resource['DependsOn'] ?? []].flat() as string[];
    const json = JSON.stringify(resource.Properties ?? {});
    const references = [...json.matchAll(/\{"(?:Ref":"|Fn::GetAtt":\[")(\w+)"/g)].map(
      ([, name = '']) => name,
    );
    return [id, new Set([...dependsOn, ...references].filter((other) => other in resources))] as const;
  });
  return new Map(entries);
}

/** Everything that is made before a resource. Throws where it comes before itself. */
function allBefore(template: Template): Map<string, Set<string>> {
  const direct = directlyBefore(template);
  const known = new Map<string, Set<string>>();
  const walk = (id: string, trail: readonly string[]): Set<string> => {
    if (trail.includes(id)) throw new Error(`a cycle: ${[...trail, id].join(' → ')}`);
    const found = known.get(id) ?? new Set<string>();
    if (!known.has(id)) {
      for (const other of direct.get(id) ?? []) {
        found.add(other);
        for (const earlier of walk(other, [...trail, id])) found.add(earlier);
      }
      known.set(id, found);
    }
    return found;
  };
  for (const id of direct.keys()) walk(id, []);
  return known;
}

/** What changes the API when it is made: each is one call to API Gateway. */
const MUTATIONS = [
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::RouteResponse',
  'AWS::ApiGatewayV2::Deployment',
  'AWS::ApiGatewayV2::Stage',
  'AWS::ApiGatewayV2::ApiMapping',
];

describe('a first deploy', () => {
  it.each([
    ['a JWKS', JWKS],
    ['Cognito and an access log', { ...COGNITO, apiGatewayCloudWatchRole: 'true' }],
    ['an access log and a custom domain', withEverything],
  ])('changes the API one step after the other, with %s', (_, settings) => {
    const template = templateOf(settings);
    const before = allBefore(template);
    const steps = MUTATIONS.flatMap((type) => resourcesOf(template, type).map(([id]) => id));
    expect(steps.length).toBeGreaterThanOrEqual(7 + 7 + 5 + 1);
    const unordered = steps.flatMap((one, index) =>
      steps
        .slice(index + 1)
        .filter((other) => !before.get(one)?.has(other) && !before.get(other)?.has(one))
        .map((other) => `${one} and ${other}`),
    );
    expect(unordered).toEqual([]);
  });

  it('makes the stage after every route, its integration and its response, and maps the domain last', () => {
    const template = templateOf(withEverything);
    const before = allBefore(template);
    const steps = MUTATIONS.flatMap((type) => resourcesOf(template, type).map(([id]) => id));
    const [[stage = ''] = []] = resourcesOf(template, 'AWS::ApiGatewayV2::Stage');
    const [[mapping = ''] = []] = resourcesOf(template, 'AWS::ApiGatewayV2::ApiMapping');
    const others = steps.filter((id) => id !== stage && id !== mapping);
    expect([...(before.get(stage) ?? [])]).toEqual(expect.arrayContaining(others));
    expect(before.get(mapping)).toContain(stage);
  });

  it('uses the account’s log role after its policies and all routes, and makes the stage after that', () => {
    const template = templateOf(withAccessLog);
    const before = allBefore(template);
    const [[account = '', { CloudWatchRoleArn: roleArn }] = ['', {}]] = resourcesOf(
      template,
      'AWS::ApiGateway::Account',
    );
    const role = String((roleArn as { 'Fn::GetAtt': string[] })['Fn::GetAtt'][0]);
    const ofRole = resourcesOf(template, 'AWS::IAM::Policy').filter(([, { Roles: roles }]) =>
      JSON.stringify(roles).includes(role),
    );
    const routes = resourcesOf(template, 'AWS::ApiGatewayV2::Route');
    const earlier = [role, ...[...ofRole, ...routes].map(([id]) => id)];
    expect([...(before.get(account) ?? [])]).toEqual(expect.arrayContaining(earlier));
    // The one policy it has is attached while it is made, before it counts as made.
    expect(JSON.stringify(template.Resources[role]?.Properties)).toContain('PushToCloudWatchLogs');
    const [[stage = ''] = []] = resourcesOf(template, 'AWS::ApiGatewayV2::Stage');
    expect(before.get(stage)).toContain(account);
  });

  it('has nothing with a fixed name that would outlive a stack, so that the next one finds none of it', () => {
    const kept = Object.values(templateOf(withEverything).Resources).filter(
      ({ DeletionPolicy: policy }) => policy !== undefined && policy !== 'Delete',
    );
    expect(kept.map(({ Type }) => Type).sort()).toEqual([
      'AWS::ApiGateway::Account',
      'AWS::DynamoDB::GlobalTable',
      'AWS::IAM::Role',
    ]);
    for (const { Properties: properties } of kept) {
      expect(Object.keys(properties).filter((name) => /^(Table|Role|)Name$/.test(name))).toEqual([]);
    }
  });
});

/** The template of a stage, in a stack whose name does not depend on it, with its own name taken out. */
function nameless(stage: string): unknown {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] }, analyticsReporting: false });
  const tokens = { mode: 'jwks', issuer: 'https://issuer.example.com', audience: 'a' } as const;
  new TradeRoomRealtime(new Stack(app, 'Theirs'), 'Realtime', { tokens, stage });
  const template = JSON.stringify(app.synth().getStackArtifact('Theirs').template);
  return JSON.parse(template.replace(new RegExp(`(?<=trade-room-|"|/)${stage}(?![a-z])`, 'g'), 'STAGE'));
}

describe('the name of a stage', () => {
  it.each(['prod', 'production', 'live', 'prod-eu'])('decides nothing: %s is made like dev', (stage) => {
    expect(nameless(stage)).toEqual(nameless('dev'));
  });
});
