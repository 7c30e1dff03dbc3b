import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { nameOfStage } from '../../lib/config/table.ts';
import { readSettings } from '../../lib/stack/settings.ts';
import { TradeRoomStack } from '../../lib/stack/trade-room-stack.ts';

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  [attribute: string]: unknown;
}

export interface Template {
  Resources: Record<string, Resource>;
  Outputs: Record<string, { Value: unknown }>;
}

export const JWKS = { tokenIssuer: 'https://issuer.example.com', tokenAudience: 'trade-room' };
export const COGNITO = { userPoolId: 'eu-west-1_abcdefghi', userPoolClientId: '1example23456789' };
export const SHARED_SECRET = { jwtSecretName: 'trade-room/jwt' };
/** Every setting of a stage with another value than its default, but for the two that follow. */
export const EVERY_OPTION = {
  ...JWKS,
  userIdClaim: 'id',
  roomAccess: 'claim',
  authDeadlineSeconds: '20',
  throttleRateLimit: '500',
  throttleBurstLimit: '250',
  postQuota: '25000',
  broadcastShare: '50',
  broadcastConcurrency: '7',
  deliveryIntervalMs: '0',
  recoverySeconds: '3600',
  tracedRooms: '42',
  tableKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000',
  canarySecretName: 'trade-room/canary',
  alarmEmail: 'ops@example.com',
  alarmTopicArn: 'arn:aws:sns:eu-west-1:123456789012:pager',
  domainName: 'realtime.example.com',
  certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/00000000-0000-0000-0000-000000000000',
  logRetentionDays: '7',
  apiGatewayCloudWatchRole: 'true',
  publisherAccounts: '111111111111, 222222222222',
};
/** A stage to try something on, which leaves nothing behind. */
export const SHORT_LIVED = { ...JWKS, canary: 'false', removalPolicy: 'destroy' };

const cdkJson: { context: Record<string, unknown> } = JSON.parse(
  readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'),
);

/** The stack as `cdk synth -c …` would make it, but without building the functions' code. */
export function stackOf(
  settings: Record<string, unknown>,
  stackName?: string,
): { app: App; stack: TradeRoomStack } {
  const app = new App({
    // cdk.json is given to the app by the CLI alone.
    context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [], ...settings },
    analyticsReporting: false,
    // A third of the time of a synth, and nobody reads it.
    treeMetadata: false,
  });
  const read = readSettings(app.node);
  return { app, stack: new TradeRoomStack(app, stackName ?? nameOfStage(read.stage), read) };
}

const templates = new Map<string, string>();

/** The template for some settings; synthesized once for each. The rules are checked by `validation.slow.test.ts`. */
export function templateOf(settings: Record<string, unknown> = JWKS): Template {
  const key = JSON.stringify(settings);
  const known = templates.get(key);
  // Parsed again for every caller, so that none sees what another has changed.
  if (known !== undefined) return JSON.parse(known);
  const { app, stack } = stackOf(settings);
  const template: Template = app.synth().getStackArtifact(stack.artifactId).template;
  templates.set(key, JSON.stringify(template));
  return template;
}

/** Logical id and properties of every resource of a type. */
export function resourcesOf(template: Template, type: string): [string, Record<string, unknown>][] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([logicalId, { Properties: properties }]) => [logicalId, properties]);
}
