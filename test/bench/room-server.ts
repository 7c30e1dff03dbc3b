import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { functionEntries } from '../../lib/config/functions.ts';
import { localTokens, readLocalSettings } from '../../lib/config/local-settings.ts';
import { localStack } from '../../lib/config/local-stack.ts';
import type { StackDescription } from '../../lib/local/description.ts';
import { bundleLoader } from '../../lib/local/lambda/bundle-loader.ts';
import type { FunctionLoader } from '../../lib/local/lambda/handler.ts';
import { startLocalAws } from '../../lib/local/start.ts';
import { root } from '../support/start-local.ts';
import { SAMPLE_SOURCE } from './sample-source.ts';

// Nobody authenticates here: rows are written by the bench.
const settings = readLocalSettings({ AUTH_DEADLINE_SECONDS: '900' });
const tokens = localTokens(settings, { keys: [] });

/** The stack, and beside it a rule of its own for the sample, with what the broadcaster has. */
function describe(endpoint: string): StackDescription {
  const stack = localStack(endpoint, settings, tokens);
  const { functions, eventBus } = stack;
  const { broadcast } = functions;
  const sample = { name: 'sample', pattern: { source: [SAMPLE_SOURCE] }, function: 'sample' };
  return {
    ...stack,
    functions: { ...functions, ...(broadcast !== undefined && { sample: broadcast }) },
    eventBus: { ...eventBus, rules: [...eventBus.rules, sample] },
  };
}

const entries = { ...functionEntries(tokens.settings.mode), sample: 'test/bench/sample-broadcaster.ts' };
const print = (text: string) => {
  // What a broadcast logs is not what is measured, but whoever looks for an error must see it.
  if (/^(broadcast|sample)\b.*ERROR/.test(text)) process.stderr.write(`${text}\n`);
};
let functions: FunctionLoader = { loadHandler: () => Promise.reject(new Error('not loaded yet')) };
const shim = await startLocalAws({
  port: 0,
  describe,
  async loader({ environmentOf }) {
    functions = await bundleLoader({ entries, environmentOf, root, print });
    return functions;
  },
  print,
});

// What `ws` takes at least: a loop over its clients, at an HTTP request.
const bare = createServer((request, response) => {
  let frame = '';
  request.setEncoding('utf8').on('data', (text) => {
    frame += text;
  });
  request.on('end', () => {
    response.end();
    for (const client of webSockets.clients) client.send(frame);
  });
});
const webSockets = new WebSocketServer({ server: bare });
bare.listen(0, '127.0.0.1', () => process.send?.(shim.port));
process.on('message', () => process.send?.(`http://127.0.0.1:${(bare.address() as AddressInfo).port}`));
process.on('disconnect', async () => {
  // Not the shim: a thousand clients that all leave at once are not what is measured.
  await functions.close?.();
  process.exit();
});
