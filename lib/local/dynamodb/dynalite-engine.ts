import { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders, Server } from 'node:http';
import { createRequire } from 'node:module';
import dynalite from 'dynalite';

/** What dynalite reads a table by. */
interface LevelIterator {
  close(): Promise<void>;
  return?: () => Promise<void>;
}
interface LevelStore {
  keys(options: object): LevelIterator;
  values(options: object): LevelIterator;
}

/** A dynalite that listens on no port, with no table in it. What it holds in memory is what its tables hold. */
export function createDynalite(): Server {
  return dynalite({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });
}

/**
 * dynalite ends an iterator of its store by `return()`, if it has one; abstract-level calls it `close()`
 * (https://github.com/Level/abstract-level#iterator). So dynalite 4 leaves one open for each Query and Scan, and each
 * keeps a copy of every table as it was then.
 */
function closeIterators(store: LevelStore): void {
  for (const method of ['keys', 'values'] as const) {
    const open = store[method];
    store[method] = function (this: LevelStore, options) {
      const iterator = open.call(this, options);
      iterator.return ??= () => iterator.close();
      return iterator;
    };
  }
}

/** The class that dynalite makes its store of, in the version that dynalite itself finds. */
function storeClass(): { prototype: LevelStore } {
  const requireAsDynalite = createRequire(createRequire(import.meta.url).resolve('dynalite'));
  return requireAsDynalite('memory-level').MemoryLevel;
}

closeIterators(storeClass().prototype);

/** Makes one DynamoDB call; rejects with an Error whose name is DynamoDB's, such as `ResourceNotFoundException`. */
export type DynamoDbCall = (operation: string, input: object) => Promise<Record<string, unknown>>;

/** Calls a dynalite that listens on no port. */
export function callInProcess(server: Server, region: string): DynamoDbCall {
  return (operation, input) =>
    new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
        // dynalite looks for a signature and never at it.
        'x-amz-date': '20000101T000000Z',
        authorization: `AWS4-HMAC-SHA256 Credential=emulator/20000101/${region}/dynamodb/aws4_request, SignedHeaders=host, Signature=none`,
      };
      const response = {
        statusCode: 200,
        setHeader: () => response,
        end(body: string) {
          const answer = JSON.parse(body);
          if (response.statusCode === 200) resolve(answer);
          else reject(dynamoDbError(answer));
        },
      };
      replayRequest(server, { method: 'POST', url: '/', headers, body: JSON.stringify(input) }, response);
    });
}

function dynamoDbError(answer: { __type?: string; message?: string; Message?: string }): Error {
  const error = new Error(answer.message ?? answer.Message ?? '');
  error.name = answer.__type?.split('#').at(-1) ?? 'InternalServerError';
  return error;
}

interface WholeRequest {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: Buffer | string;
}

/** Of a response dynalite uses no more than this. */
export interface DynaliteResponse {
  statusCode: number;
  setHeader(name: string, value: string | number): unknown;
  end(body?: string): unknown;
}

/**
 * Gives dynalite, which listens on no port, a request that has been read to its end. Throws what dynalite throws on
 * a request that it does not understand, such as an attribute value of null: as the listener of a real request it
 * would end the process. For the same reason it never sees the errors of a broken connection.
 */
export function replayRequest(server: Server, request: WholeRequest, response: DynaliteResponse): void {
  const { method, url, headers, body } = request;
  const replayed = Object.assign(new EventEmitter(), { method, url, headers });
  server.emit('request', replayed, response);
  replayed.emit('data', Buffer.from(body));
  replayed.emit('end');
}
