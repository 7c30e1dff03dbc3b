import * as cdk from 'aws-cdk-lib';
import { ArnPrincipal, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { DependencyGroup } from 'constructs';
import { expect, it } from 'vitest';
import { readSettings } from '../../lib/stack/settings.ts';
import { TradeRoomRealtime } from '../../lib/stack/trade-room-realtime.ts';
import { codeBlocks, readDocument } from '../support/markdown.ts';

const blocks = codeBlocks(readDocument('docs/operations/deploy.md'));
const codeOf = (info: string) => blocks.filter((block) => block.info === info).map(({ code }) => code);

/** What `-c name=value` in a line tells the CDK. */
function contextOf(line: string): Record<string, string> {
  const pairs = [...line.replaceAll('$STAGE', 'dev').matchAll(/-c (\w+)=(\S+)/g)];
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value]));
}
const tokensOf = (line: string) => readSettings(new cdk.App({ context: contextOf(line) }).node).tokens;

it('docs/operations/deploy.md has a command for each token mode', () => {
  const lines = codeOf('sh token modes').flatMap((code) => code.trim().split('\n'));
  expect(lines.map((line) => tokensOf(line).mode)).toEqual(['jwks', 'cognito', 'shared-secret']);
});

it('every cdk command of the operations pages has settings that a deploy accepts', () => {
  const pages = ['deploy', 'runbook', 'limits', 'cut-over'].map((page) => `docs/operations/${page}.md`);
  const lines = pages
    .flatMap((page) => codeBlocks(readDocument(page)))
    .flatMap(({ code }) => code.split('\n'))
    .filter((line) => /^npx cdk (synth|diff|deploy|destroy) /.test(line));
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) expect(() => tokensOf(line), line).not.toThrow();
});

it('the construct of docs/operations/deploy.md lets a role publish', () => {
  const [code = ''] = codeOf('js construct');
  class App extends cdk.App {
    constructor() {
      super({ context: { 'aws:cdk:bundling-stacks': [] } });
    }
  }
  const granted: string[] = [];
  const roleOfOrders = new ArnPrincipal('arn:aws:iam::123456789012:role/orders');
  roleOfOrders.addToPrincipalPolicy = ({ actions }: PolicyStatement) => {
    granted.push(...actions);
    return { statementAdded: true, policyDependable: new DependencyGroup() };
  };
  const given = { App, Stack: cdk.Stack, TradeRoomRealtime, roleOfOrders };
  const run = new Function(...Object.keys(given), `${code.replace(/^import .*$/gm, '')}\nreturn realtime;`);
  const { stageName } = run(...Object.values(given)) as TradeRoomRealtime;
  expect([stageName, granted]).toEqual(['prod', ['events:PutEvents']]);
});
