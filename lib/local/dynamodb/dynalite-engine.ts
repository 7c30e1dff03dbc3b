import { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders, Server } from 'node:http';
import { createRequire } from 'node:module';
import dynalite from 'dynalite';

/** The iterator by which dynalite reads a table. */
interface LevelIterator {
  close(): Promise<void>;
  return?: () => Promise<void>;
}
interface LevelStore {
  keys(options: object): LevelIterator;
  values(options: object): LevelIterator;
}

/** A dynalite that listens on no port, without tables. Its memory grows only with its tables. */
export function createDynalite(): Server {
  return dynalite({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });
}

/**
 * Gives the iterators of a store a `return()`. dynalite ends an iterator by `return()`, if there is one; abstract-level names
 * that method `close()` (https://github.com/Level/abstract-level#iterator). So dynalite 4 leaves an iterator open for each Query
 * and Scan, and each keeps a copy of every table of that time.
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

/** The base class of dynalite's stores, in memory and on disk, from the package version that dynalite itself resolves. */
function storeClass(): { prototype: LevelStore } {
  const requireAsDynalite = createRequire(createRequire(import.meta.url).resolve('dynalite'));
  return Object.getPrototypeOf(requireAsDynalite('memory-level').MemoryLevel);
}

closeIterators(storeClass().prototype);

/** Makes one DynamoDB call. Rejects with an Error that has DynamoDB's name, such as `ResourceNotFoundException`. */
export type DynamoDbCall = (operation: string, input: object) => Promise<Record<string, unknown>>;

/** Calls a dynalite that listens on no port. */
export function callInProcess(server: Server, region: string): DynamoDbCall {
  return (operation, input) =>
    new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
        // dynalite requires a signature and does not verify it.
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

/** The part of a response that dynalite uses. */
export interface DynaliteResponse {
  statusCode: number;
  setHeader(name: string, value: string | number): unknown;
  end(body?: string): unknown;
}

/**
 * Passes a completely read request to a dynalite that listens on no port. Throws the error of dynalite for a request that it
 * does not understand, such as an attribute value of null. With a real request that error would end the process, and so would
 * the error of a broken connection, which dynalite does not see here.
 */
export function replayRequest(server: Server, request: WholeRequest, response: DynaliteResponse): void {
  const { method, url, headers, body } = request;
  const replayed = Object.assign(new EventEmitter(), { method, url, headers });
  server.emit('request', replayed, response);
  replayed.emit('data', Buffer.from(body));
  replayed.emit('end');
}
