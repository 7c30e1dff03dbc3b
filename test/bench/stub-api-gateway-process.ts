import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { scriptedConnections } from './scripted-connections.ts';
import type { StubRequest } from './stub-api-gateway.ts';

/** Longer than any bench pauses between two posts. */
const KEEP_ALIVE_MS = 60_000;

let received = 0;
let scripted: ReturnType<typeof scriptedConnections> | undefined;

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    received += 1;
    if (scripted === undefined) answer(response, 200);
    else scripted.call(connectionIdIn(request.url), (status) => answer(response, status));
  });
});

function answer(response: ServerResponse, status: number): void {
  // As many headers as API Gateway sends.
  response.writeHead(status, {
    'content-length': 0,
    'x-amzn-requestid': 'b7f2a1c2-0000-4000-8000-444455556666',
    'x-amz-apigw-id': 'YVqHEGQ5vHcFzuA=',
  });
  response.end();
}

function connectionIdIn(path = ''): string {
  return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
}

function replyTo(request: StubRequest): unknown {
  if (request === 'received?') return received;
  if (request === 'deliveries?') return scripted?.deliveries;
  scripted = scriptedConnections(request.scripts);
  return 'scripted';
}

server.keepAliveTimeout = KEEP_ALIVE_MS;
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('message', (request: StubRequest) => process.send?.(replyTo(request)));
process.on('disconnect', () => process.exit());
