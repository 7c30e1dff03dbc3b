import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { startBenchEmulator } from './bench-emulator.ts';
import { SAMPLE_SOURCE } from './sample-source.ts';

const sample = { source: SAMPLE_SOURCE, entry: 'test/bench/sample-broadcaster.ts' };
const emulator = await startBenchEmulator({ beside: { sample } });

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
bare.listen(0, '127.0.0.1', () => process.send?.(emulator.port));
process.on('message', () => process.send?.(`http://127.0.0.1:${(bare.address() as AddressInfo).port}`));
process.on('disconnect', async () => {
  await emulator.close();
  process.exit();
});
