import { App } from 'aws-cdk-lib';
import { expect, it } from 'vitest';
import { settingsOf } from '../../lib/config/read-settings.ts';
import { readSettings } from '../../lib/stack/settings.ts';
import { COGNITO, JWKS, SHARED_SECRET } from './synthesize.ts';

const read = (context: Record<string, unknown>) => readSettings(new App({ context }).node);

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d';
const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:pager';
const CERTIFICATE = 'arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c3d';

it('without a token mode synth stops and lists the three', () => {
  expect(() => read({})).toThrow(/^No setting says whose tokens.*tokenIssuer.*userPoolId.*jwtSecretName/s);
  expect(() => read({ userIdClaim: 'id' })).toThrow(/Choose one way/);
});

it.each([
  [JWKS, { mode: 'jwks', issuer: JWKS.tokenIssuer, audience: JWKS.tokenAudience }],
  [{ ...JWKS, jwksUri: 'https://keys.example.com' }, { jwksUri: 'https://keys.example.com' }],
  [
    { ...JWKS, tokenAudience: 'null' },
    { issuer: JWKS.tokenIssuer, audience: null },
  ],
  [{ ...JWKS, tokenAudience: null }, { audience: null }],
  [
    { ...JWKS, tokenIssuer: 'null', jwksUri: 'https://k' },
    { issuer: null, audience: JWKS.tokenAudience },
  ],
  [COGNITO, { mode: 'cognito', clientId: COGNITO.userPoolClientId, tokenUse: 'access' }],
  [{ ...COGNITO, userPoolClientId: 'page, canary' }, { clientId: ['page', 'canary'] }],
  [{ ...COGNITO, tokenUse: 'id' }, { tokenUse: 'id' }],
  [SHARED_SECRET, { mode: 'shared-secret', secretId: 'trade-room/jwt', userIdClaim: 'sub' }],
  [
    { ...SHARED_SECRET, ...JWKS },
    { mode: 'shared-secret', issuer: JWKS.tokenIssuer, audience: 'trade-room' },
  ],
  [{ ...SHARED_SECRET, userIdClaim: 'id' }, { userIdClaim: 'id' }],
])('the token settings %j are understood', (context, expected) => {
  expect(read(context).tokens).toMatchObject(expected);
});

it.each([
  [
    { tokenIssuer: 'https://i' },
    /^tokenAudience is missing beside tokenIssuer; set it, or -c tokenAudience=null/,
  ],
  [{ tokenAudience: 'a' }, /^tokenIssuer is missing beside tokenAudience; set it/],
  [{ jwksUri: 'https://k' }, /^tokenIssuer is missing beside jwksUri/],
  [{ userPoolId: 'p' }, /^userPoolClientId is missing beside userPoolId; set it$/],
  [{ userPoolClientId: 'c' }, /^userPoolId is missing beside userPoolClientId/],
  [{ ...JWKS, ...COGNITO }, /^tokenIssuer does not go with userPoolId; choose one way/],
  [{ ...SHARED_SECRET, ...COGNITO }, /^userPoolId does not go with jwtSecretName; choose one way/],
  [{ ...SHARED_SECRET, jwksUri: 'https://k' }, /^jwksUri does not go with jwtSecretName/],
  [{ ...JWKS, tokenUse: 'id' }, /^tokenUse does not go with tokenIssuer/],
  [{ ...COGNITO, tokenUse: 'refresh' }, /^tokenUse: expected one of access, id, not "refresh"/],
  [{ ...JWKS, jwksUri: 'http://k' }, /^jwksUri: expected an address that begins with https/],
  [{ tokenIssuer: 'null', tokenAudience: 'null' }, /tokenIssuer and tokenAudience are both null/],
  [{ tokenIssuer: 'null', tokenAudience: 'a' }, /without tokenIssuer, jwksUri is needed/],
  [{ ...JWKS, tokenIssuer: '' }, /^tokenIssuer is set but empty; give it a value/],
  [{ ...JWKS, tokenIssuer: 'http://issuer.example.com' }, /tokenIssuer must begin with https/],
  [{ ...COGNITO, userPoolClientId: 'a page' }, /^userPoolClientId: expected ids of app clients/],
  [{ ...COGNITO, userPoolId: 'garbage' }, /userPoolId must be like eu-west-1_/],
  [{ jwtSecretName: '*' }, /^jwtSecretName: expected the name of one secret/],
  [{ jwtSecretName: 'arn:aws:s3:::bucket' }, /^jwtSecretName: expected/],
  [
    { jwtSecretName: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:trade/jwt' },
    /^jwtSecretName: expected .* whole ARN/,
  ],
])('the token settings %j are refused with a sentence', (context, sentence) => {
  expect(() => read(context)).toThrow(sentence);
});
it('settings that are not given have their defaults', () => {
  expect(read(JWKS)).toEqual({ ...settingsOf({}), tokens: expect.anything() });
  expect(read(JWKS)).toMatchObject({
    stage: 'dev',
    roomAccess: 'open',
    removalPolicy: 'retain',
    tracedRooms: [],
  });
});

it.each([
  [{ stage: 'pr-17' }, { stage: 'pr-17' }],
  [{ roomAccess: 'claim' }, { roomAccess: 'claim' }],
  [{ authDeadlineSeconds: '30' }, { authDeadlineSeconds: 30 }],
  [
    { throttleRateLimit: 50, throttleBurstLimit: '20' },
    { throttleRateLimit: 50, throttleBurstLimit: 20 },
  ],
  [
    { postQuota: 1, broadcastShare: '100' },
    { postQuota: 1, broadcastShare: 100 },
  ],
  [{ postQuota: '1000000' }, { postQuota: 1_000_000 }],
  [{ broadcastShare: 1 }, { broadcastShare: 1 }],
  [{ deliveryIntervalMs: '0' }, { deliveryIntervalMs: 0 }],
  [{ deliveryIntervalMs: 5_000 }, { deliveryIntervalMs: 5_000 }],
  [{ tracedRooms: '42, lobby' }, { tracedRooms: ['42', 'lobby'] }],
  [{ tracedRooms: ['*'] }, { tracedRooms: ['*'] }],
  [{ recoverySeconds: '360' }, { recoverySeconds: 360 }],
  [{ recoverySeconds: 86_400 }, { recoverySeconds: 86_400 }],
  [{ broadcastConcurrency: '2' }, { broadcastConcurrency: 2 }],
  [{ broadcastConcurrency: 1_000 }, { broadcastConcurrency: 1_000 }],
  [{ canary: 'false' }, { canary: false }],
  [{ canary: true }, { canary: true }],
  [{ userIdClaim: null, canary: null, stage: null }, { stage: 'dev' }],
  [{ canarySecretName: 'trade-room/canary' }, { canarySecretName: 'trade-room/canary' }],
  [{ removalPolicy: 'destroy' }, { removalPolicy: 'destroy' }],
  [{ tableKeyArn: KEY }, { tableKeyArn: KEY }],
  [{ apiGatewayCloudWatchRole: true }, { apiGatewayCloudWatchRole: true }],
  [{ logRetentionDays: '365' }, { logRetentionDays: 365 }],
  [{ publisherAccounts: ['111111111111'] }, { publisherAccounts: ['111111111111'] }],
  [{ alarmTopicArn: TOPIC }, { alarmTopicArn: TOPIC }],
  [{ alarmEmail: 'ops@example.com' }, { alarmEmail: 'ops@example.com' }],
])('the setting %j is understood', (context, expected) => {
  expect(read({ ...JWKS, ...context })).toMatchObject(expected);
});

it.each([
  [
    { stage: 'a b' },
    /^stage: expected a lower-case letter, then at most 19 lower-case letters, digits or dashes, not "a b"/,
  ],
  [{ stage: 'x'.repeat(21) }, /^stage: expected/],
  [{ stage: 'Prod' }, /^stage: expected a lower-case letter/],
  [{ 'room-access': 'claim' }, /^room-access: no such setting/],
  [{ 'token.issuer': 'x' }, /^token.issuer: no such setting/],
  [{ alarmEmail: 'ops@example' }, /^alarmEmail: expected an e-mail address/],
  [{ roomAccess: 'closed' }, /^roomAccess: expected one of open, claim, not "closed"/],
  [{ authDeadlineSeconds: '901' }, /^authDeadlineSeconds: expected a whole number of seconds from 1 to 900/],
  [{ authDeadlineSeconds: '1.5' }, /^authDeadlineSeconds/],
  [{ throttleRateLimit: '0' }, /^throttleRateLimit/],
  [{ throttleBurstLimit: 'many' }, /^throttleBurstLimit: .* not "many"/],
  [{ postQuota: '0' }, /^postQuota: expected a whole number of posts a second from 1 to 1000000, not "0"/],
  [{ postQuota: 1_000_001 }, /^postQuota: .* not "1000001"/],
  [{ postQuota: '2500.5' }, /^postQuota: .* not "2500.5"/],
  [{ postQuota: '10,000' }, /^postQuota: .* not "10,000"/],
  [{ postQuota: '' }, /^postQuota is set but empty; give it a value or leave it out/],
  [{ broadcastShare: 0 }, /^broadcastShare: expected a whole number of percent from 1 to 100, not "0"/],
  [{ broadcastShare: '101' }, /^broadcastShare: .* not "101"/],
  [{ broadcastShare: '0.9' }, /^broadcastShare: .* not "0.9"/],
  [{ broadcastShare: '90%' }, /^broadcastShare: .* not "90%"/],
  [
    { deliveryIntervalMs: -1 },
    /^deliveryIntervalMs: expected a whole number of milliseconds from 0 to 5000, not "-1"/,
  ],
  [{ deliveryIntervalMs: '5001' }, /^deliveryIntervalMs: .* not "5001"/],
  [{ deliveryIntervalMs: '200ms' }, /^deliveryIntervalMs: .* not "200ms"/],
  [{ deliveryIntervalMs: '' }, /^deliveryIntervalMs is set but empty/],
  [{ stage: 'null' }, /^stage: expected a value, not "null"; leave it out to have the default/],
  [{ canarySecretName: 'null' }, /^canarySecretName: expected a value, not "null"/],
  [{ ...JWKS, jwksUri: 'https://' }, /^jwksUri: expected an address that begins with https:/],
  [{ domainName: '-x-.com', certificateArn: CERTIFICATE }, /^domainName: expected a name such as/],
  [
    { recoverySeconds: '359' },
    /^recoverySeconds: expected a whole number of seconds from 360 to 86400, not "359"/,
  ],
  [{ recoverySeconds: 86_401 }, /^recoverySeconds: .* not "86401"/],
  [
    { broadcastConcurrency: 1 },
    /^broadcastConcurrency: expected a whole number of batches from 2 to 1000, not "1"/,
  ],
  [{ broadcastConcurrency: '1001' }, /^broadcastConcurrency: .* not "1001"/],
  [{ canary: 'no' }, /^canary: expected one of true, false, not "no"/],
  [{ canarySecretName: '*' }, /^canarySecretName: expected the name of one secret, or its whole ARN, not/],
  [{ removalPolicy: 'keep' }, /^removalPolicy: expected one of retain, destroy, not "keep"/],
  [
    { tableKeyArn: KEY.replace('key/', 'alias/') },
    /^tableKeyArn: expected the ARN of a KMS key, not of an alias, not "arn:aws:kms/,
  ],
  [{ tableKeyArn: '0a1b2c3d' }, /^tableKeyArn: expected the ARN of a KMS key/],
  [{ alarmTopicArn: 'pager' }, /^alarmTopicArn: expected the ARN of an SNS topic, not "pager"/],
  [{ alarmTopicArn: `${TOPIC}.fifo` }, /^alarmTopicArn: expected/],
  [{ alarmEmail: 'ops' }, /^alarmEmail: expected an e-mail address/],
  [{ domainName: 'realtime.example.com' }, /^certificateArn is missing beside domainName/],
  [{ certificateArn: CERTIFICATE }, /^domainName is missing beside certificateArn/],
  [{ domainName: 'wss://x', certificateArn: CERTIFICATE }, /^domainName: expected a name such as/],
  [{ domainName: 'a.b', certificateArn: 'mine' }, /^certificateArn: expected the ARN/],
  [{ logRetentionDays: '8' }, /^logRetentionDays: expected one of 1, 3, 5, 7/],
  [{ apiGatewayCloudWatchRole: 'yes' }, /^apiGatewayCloudWatchRole: expected one of true, false/],
  [{ publisherAccounts: '1234' }, /^publisherAccounts: expected account ids of 12 digits, not "1234"/],
  [{ roomAcess: 'claim' }, /^roomAcess: no such setting; there are stage, tokenIssuer/],
])('the setting %j is refused with a sentence', (context, sentence) => {
  expect(() => read({ ...JWKS, ...context })).toThrow(sentence);
});

it('context of CDK itself is not taken for settings', () => {
  const own = {
    '@aws-cdk/core:newStyleStackSynthesis': true,
    'aws:cdk:bundling-stacks': [],
    'cli-telemetry': false,
  };
  expect(read({ ...JWKS, ...own }).stage).toBe('dev');
});
