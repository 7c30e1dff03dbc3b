import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { roomEventTypes } from '../../lib/protocol/room-events.ts';
import { codeBlocks, readDocument } from '../support/markdown.ts';
import { joinRoom } from '../support/room-client.ts';
import { runSnippet } from '../support/run-snippet.ts';
import { type Stack, startStack } from '../support/start-stack.ts';

const page = readDocument('docs/publisher.md');
const cutOver = readDocument('docs/operations/cut-over.md');
const blocks = codeBlocks(page);
const scriptOf = (info: string) =>
  [...blocks, ...codeBlocks(cutOver)]
    .filter((block) => block.info === info)
    .map(({ code }) => code)
    .join('\n');

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({});
  vi.stubEnv('AWS_ENDPOINT_URL', stack.endpoint);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await stack.close();
});

describe('docs/publisher.md', () => {
  it('docs/publisher.md has only snippets that this test runs', () => {
    expect(new Set(blocks.map(({ info }) => info))).toEqual(new Set(['js publisher']));
  });

  it('the cut-over page has a call of the publisher for each old call, and docs/publisher.md has the same', () => {
    const callsIn = (info: string) =>
      [...scriptOf(info).matchAll(/^\w+\.(?:on)?(\w+)(\(.*\));$/gm)].map(
        ([, name = '', parameters]) => `${name.toLowerCase()}${parameters}`,
      );
    expect(callsIn('js before')).toHaveLength(6);
    expect(callsIn('js after')).toEqual(callsIn('js before'));
    expect(callsIn('js publisher')).toEqual(expect.arrayContaining(callsIn('js after')));
  });

  it('the service of docs/publisher.md publishes, learns of failures and ends', async () => {
    const client = await joinRoom(stack.endpoint, await stack.token('alice'), 42);
    const printed: string[] = [];
    const onSignal = new Map<string, () => Promise<void>>();
    const process = {
      env: {},
      once: (signal: string, listener: () => Promise<void>) => onSignal.set(signal, listener),
      exit: (code: number) => printed.push(`exit ${code}`),
    };
    await runSnippet(scriptOf('js publisher'), {
      process,
      console: { log: (...parts: unknown[]) => printed.push(parts.join(' ')) },
      roomId: 42,
      order: { orderId: 1, symbol: 'AAPL' },
      reason: 'insufficient funds',
      snapshot: { rankings: [] },
      position: { positionId: 1 },
      realizedPnL: 12.5,
      room: { state: 'open' },
    });
    expect(printed).toEqual([
      expect.stringMatching(/^invalid_event events\[0\], order_executed: detail\.data\.price/),
      expect.stringMatching(/^2 0 0$/),
    ]);
    await onSignal.get('SIGTERM')?.();
    expect(printed.at(-1)).toBe('exit 0');
    const seen = new Set<string>();
    // The update of the closed position may be left out.
    while (roomEventTypes.some((type) => type !== 'position_update' && !seen.has(type))) {
      seen.add((await client.next()).type);
    }
    await client.close();
  });
});
