import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Longer than any bench pauses between two posts. */
const KEEP_ALIVE_MS = 60_000;

let received = 0;
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    received += 1;
    // As many headers as API Gateway sends.
    response.writeHead(200, {
      'content-length': 0,
      'x-amzn-requestid': 'b7f2a1c2-0000-4000-8000-444455556666',
      'x-amz-apigw-id': 'YVqHEGQ5vHcFzuA=',
    });
    response.end();
  });
});
server.keepAliveTimeout = KEEP_ALIVE_MS;
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('message', () => process.send?.(received));
process.on('disconnect', () => process.exit());
