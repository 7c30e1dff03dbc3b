import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { AwsError, type AwsJsonService } from '../../lib/local/aws-json-service.ts';
import { traceHeadersOf } from '../../lib/local/http/request.ts';

export interface TestServer {
  url: string;
  close(): Promise<void>;
}

/** A server on a free port of the loopback interface. */
export async function listen(handler: RequestListener): Promise<TestServer> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Serves one AWS JSON service as an SDK expects it: the smallest front that a service can be tested behind. */
export function serveAwsJson(service: () => AwsJsonService): Promise<TestServer> {
  return listen(async (request, response) => {
    response.setHeader('content-type', service().contentType);
    try {
      response.end(JSON.stringify(await operate(service(), request)));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      response.writeHead(error.statusCode, error.headers);
      response.end(JSON.stringify({ __type: error.code, message: error.message }));
    }
  });
}

async function operate(service: AwsJsonService, request: IncomingMessage): Promise<unknown> {
  const [target, name = ''] = String(request.headers['x-amz-target']).split('.');
  const operation = target === service.target ? service.operations[name] : undefined;
  if (operation === undefined) throw new AwsError('UnknownOperationException', `${target}.${name}`);
  return operation((await json(request)) as Record<string, unknown>, ...traceHeadersOf(request));
}
