import type { Server } from 'node:http';
import { replayRequest } from './replay-request.ts';

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
