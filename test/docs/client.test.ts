import { createElement, type FunctionComponent } from 'react';
import { renderToString } from 'react-dom/server';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { TradeRoomClient } from '../../lib/client/api.ts';
import { codeBlocks, readDocument } from '../support/markdown.ts';
import { runSnippet } from '../support/run-snippet.ts';
import { type Stack, startStack } from '../support/start-stack.ts';

const page = readDocument('docs/client.md');
const blocks = codeBlocks(page);

let stack: Stack;
beforeAll(async () => {
  // Node 20 has none.
  vi.stubGlobal('WebSocket', WebSocket);
  stack = await startStack({});
});
afterAll(() => stack.close());

function code(info: string): string {
  const found = blocks.filter((block) => block.info === info).map((block) => block.code);
  return found.join('\n').replaceAll('localhost:4001', `localhost:${new URL(stack.endpoint).port}`);
}

describe('docs/client.md', () => {
  it('docs/client.md has only snippets that this test runs', () => {
    expect(new Set(blocks.map(({ info }) => info))).toEqual(new Set(['ts client', 'ts react', 'ts node']));
  });

  it('the client of docs/client.md receives the events of its room', async () => {
    const printed: string[] = [];
    const console = { log: (...parts: unknown[]) => printed.push(parts.join(' ')) };
    const { client } = await runSnippet(code('ts client'), { console }, ['client']);
    const { room, close } = client as TradeRoomClient;
    // The page leaves the room in the end.
    const told = new Promise<object>((resolve) => room(42).on('order_executed', resolve));
    await room(42).subscribe();
    const order = { symbol: 'AAPL', side: 'buy', quantity: 10, price: 187.2 };
    await stack.application.publish('order_executed', { roomId: '42', data: order });
    expect(await told).toEqual(order);
    expect(printed).toContain('subscribed');
    close();
    expect(printed.at(-1)).toBe('disconnected closed');
  });

  it('the React component of docs/client.md renders', async () => {
    const given = { getToken: () => '' };
    const { Orders } = await runSnippet(code('ts react'), given, ['Orders']);
    const element = createElement(Orders as FunctionComponent<{ roomId: number }>, { roomId: 42 });
    expect(renderToString(element)).toBe('<p>unsubscribed: </p>');
  });

  it('the Node client of docs/client.md connects', async () => {
    const printed: unknown[] = [];
    const console = { log: (text: unknown) => printed.push(text) };
    await runSnippet(code('ts node'), { console, getToken: () => stack.token('alice') });
    expect(printed).toEqual(['alice']);
  });
});
