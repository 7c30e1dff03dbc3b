import { expect, it } from 'vitest';
import { EVERY_OPTION, JWKS, resourcesOf, stackOf, type Template, templateOf } from './synthesize.ts';

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

/** Everything that is made before a resource. Throws if it comes before itself. */
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

it.each([
  ['the defaults', JWKS],
  ['an access log and a custom domain', EVERY_OPTION],
])('with %s a first deploy changes the API one step after the other', (_, settings) => {
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

it('a first deploy makes the API’s stage after every route, and maps the domain last', () => {
  const template = templateOf(EVERY_OPTION);
  const before = allBefore(template);
  const steps = MUTATIONS.flatMap((type) => resourcesOf(template, type).map(([id]) => id));
  const [[stage = ''] = []] = resourcesOf(template, 'AWS::ApiGatewayV2::Stage');
  const [[mapping = ''] = []] = resourcesOf(template, 'AWS::ApiGatewayV2::ApiMapping');
  const others = steps.filter((id) => id !== stage && id !== mapping);
  expect([...(before.get(stage) ?? [])]).toEqual(expect.arrayContaining(others));
  expect(before.get(mapping)).toContain(stage);
});

it('a first deploy sets the account’s log role after its policies and all routes, and makes the API’s stage after that', () => {
  const template = templateOf(EVERY_OPTION);
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

it('a stack that is deleted leaves nothing with a fixed name, so that a new one can be deployed', () => {
  const kept = Object.values(templateOf(EVERY_OPTION).Resources).filter(
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

/** The template of a stage, in a stack whose name does not depend on it, with the name of the stage taken out. */
function nameless(stage: string): unknown {
  const { app } = stackOf({ ...JWKS, stage }, 'Stack');
  const template = JSON.stringify(app.synth().getStackByName('Stack').template);
  return JSON.parse(template.replace(new RegExp(`(?<=trade-room-|"|/)${stage}(?![a-z])`, 'g'), 'STAGE'));
}

it.each(['prod', 'live-eu'])('a stage named %s is made exactly like one named dev', (stage) => {
  expect(nameless(stage)).toEqual(nameless('dev'));
});
