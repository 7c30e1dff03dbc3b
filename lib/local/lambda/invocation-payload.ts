import type { IncomingMessage } from 'node:http';
import { AwsError } from '../aws-json-service.ts';
import { readBody } from '../http/read-body.ts';
import { jsonDepth } from '../json-depth.ts';

/** Not a limit of Lambda's: whatever copies an event in this process recurses as deep. */
const DEEPEST_PAYLOAD = 1_000;

/**
 * The payload of an invocation, as JSON. An empty one is an event without fields, as in AWS.
 * @throws AwsError RequestTooLargeException (413), InvalidRequestContentException (400).
 */
export async function readPayload(request: IncomingMessage, limitBytes: number): Promise<string> {
  const body = await readBody(request, limitBytes);
  if (body === undefined) {
    // The documented name. Lambda has been seen to say RequestEntityTooLargeException, with the same status.
    const message = `Request must be smaller than ${limitBytes} bytes for the InvokeFunction operation`;
    throw new AwsError('RequestTooLargeException', message, 413);
  }
  return body.length === 0 ? '{}' : jsonOf(body);
}

function jsonOf(body: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    if (jsonDepth(text) > DEEPEST_PAYLOAD) throw new Error(`it is nested more than ${DEEPEST_PAYLOAD} deep`);
    JSON.parse(text);
    return text;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AwsError(
      'InvalidRequestContentException',
      `Could not parse request body into json: Could not parse payload into json: ${reason}`,
    );
  }
}
