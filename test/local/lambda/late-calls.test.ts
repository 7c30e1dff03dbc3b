import { Agent, get } from 'node:http';
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StackDescription } from '../../../lib/local/description.ts';
import type { Handler } from '../../../lib/local/lambda/handler.ts';
import { startToy, type Toy } from '../toy-stack.ts';

let toy: Toy;
let events: EventBridgeClient;
let gate: Promise<void>;
let openGate: () => void;
let late: Promise<unknown> | undefined;
const handlers: Record<string, Handler> = {};

beforeEach(async () => {
  gate = new Promise((resolve) => {
    openGate = resolve;
  });
  const printed: string[] = [];
  const print = (text: string) => void printed.push(text);
  handlers['toy'] = async () => undefined;
  handlers['heard'] = async () => undefined;
  const adapt = (stack: StackDescription) => {
    const rules = [{ name: 'all', pattern: { source: ['toy'] }, function: 'heard' }];
    // Longer than 60 invocations at once take on a busy machine.
    const functions = Object.fromEntries(
      Object.entries(stack.functions).map(([name, own]) => [name, { ...own, timeoutSeconds: 30 }]),
    );
    return { ...stack, functions, eventBus: { name: 'toy', rules } };
  };
  const loader = () => ({ loadHandler: async (name: string) => handlers[name] as Handler });
  toy = { ...(await startToy({ handlers, routes: {}, print, loader, adapt })), printed };
  events = new EventBridgeClient({ endpoint: toy.endpoint });
});
afterEach(async () => {
  await late;
  late = undefined;
  events.destroy();
  await toy.close();
});

const putEvents = () => {
  const Entries = [{ EventBusName: 'toy', Source: 'toy', DetailType: 'toy', Detail: '{}' }];
  return events.send(new PutEventsCommand({ Entries }));
};

// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html: Lambda freezes an environment whose function has
// answered. That its call then happens in a later invocation, or never, is why here it is warned of and not cut off.
test('the emulator warns once of a call that an invocation makes with the SDK after it has returned', async () => {
  handlers['toy'] = async () => {
    late = gate.then(putEvents).then(putEvents);
  };
  await toy.invoke('toy', {});
  openGate();
  await late;
  expect(toy.printed).toHaveLength(1);
  expect(toy.printed[0]).toMatch(
    /^toy \(request [0-9a-f-]{36}\) called AWSEvents\.PutEvents after it had ended\./,
  );
});

test('the emulator warns of a late call that is made with fetch, and names method and path', async () => {
  handlers['toy'] = async () => {
    late = gate.then(() => fetch(`${toy.endpoint}/@connections/abc%3D`, { method: 'POST', body: 'x' }));
    throw new Error('failed');
  };
  await toy.invoke('toy', {});
  openGate();
  await late;
  expect(toy.printed[1]).toContain('called POST /@connections/abc%3D after it had ended');
});

test('the emulator names the AWS operation of a late call that is made with fetch', async () => {
  handlers['toy'] = async () => {
    const headers = { 'x-amz-target': 'AWSEvents.PutEvents' };
    late = gate.then(() => fetch(toy.endpoint, { method: 'POST', headers, body: '{}' }));
  };
  await toy.invoke('toy', {});
  openGate();
  await late;
  expect(toy.printed[0]).toContain('called AWSEvents.PutEvents after');
});

test('the emulator does not warn of calls to other hosts', async () => {
  const other = await startToy({ handlers: {}, routes: {} });
  handlers['toy'] = async () => {
    late = gate.then(() => fetch(other.endpoint));
  };
  await toy.invoke('toy', {});
  openGate();
  await late;
  await other.close();
  expect(toy.printed).toEqual([]);
});

test('the emulator does not warn of invocations that share a client and its keep-alive sockets', async () => {
  const management = new ApiGatewayManagementApiClient({ endpoint: toy.endpoint });
  handlers['toy'] = async () => {
    await management.send(new DeleteConnectionCommand({ ConnectionId: 'gone' })).catch(() => undefined);
    return putEvents();
  };
  for (let count = 0; count < 3; count += 1) expect((await toy.invoke('toy', {})).ok).toBe(true);
  // More than the fifty sockets of a client, so that some wait for one that another invocation gives back.
  const results = await Promise.all(Array.from({ length: 60 }, () => toy.invoke('toy', {})));
  management.destroy();
  expect(results.every(({ ok }) => ok)).toBe(true);
  expect(toy.printed).toEqual([]);
});

test('the emulator does not warn when requests queue for the one socket of an agent', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  handlers['toy'] = () =>
    new Promise((resolve, reject) => {
      get(toy.endpoint, { agent }, (response) => response.resume().once('end', resolve)).once(
        'error',
        reject,
      );
    });
  await Promise.all(Array.from({ length: 20 }, () => toy.invoke('toy', {})));
  agent.destroy();
  expect(toy.printed).toEqual([]);
});
