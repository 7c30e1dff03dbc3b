import * as v from 'valibot';
import {
  type ClientMessage,
  type ClientMessageType,
  clientMessageData,
  isClientMessageType,
  type RequestId,
  requestIdSchema,
} from './client-messages.ts';
import type { ErrorCode } from './error-codes.ts';
import { MAX_CLIENT_MESSAGE_BYTES } from './limits.ts';
import { sentence } from './parsing.ts';

/** A refused message, with the request type and id by which the client recognises the answer. */
export interface Refusal {
  ok: false;
  code: ErrorCode;
  message: string;
  requestType?: string;
  id?: RequestId;
}

interface Envelope {
  ok: true;
  type: string;
  data: unknown;
  id?: RequestId;
}

const knownTypes = Object.keys(clientMessageData).join(', ');
// An error repeats the type that the client sent, up to this length.
const MAX_ECHOED_TYPE_LENGTH = 128;

/** Reads a message of the route `type`. Never throws. A refusal quotes nothing of the body but its type and id. */
export function parseClientMessage<Type extends ClientMessageType>(
  type: Type,
  body: string | undefined,
): { ok: true; message: ClientMessage<Type> } | Refusal {
  const envelope = parseEnvelope(body);
  if (!envelope.ok) return envelope;
  const origin = echoOfRequest(envelope);
  if (envelope.type !== type) {
    return { ok: false, code: 'invalid_message', message: `type must be "${type}" here`, ...origin };
  }
  const data = v.safeParse(clientMessageData[type], envelope.data, { abortEarly: true });
  if (data.success) {
    const message = { type, data: data.output, ...idOf(envelope) } as ClientMessage<Type>;
    return { ok: true, message };
  }
  const message = `${type}: ${sentence(data.issues, 'data')}`;
  return { ok: false, code: 'invalid_message', message, ...origin };
}

/** The refusal of a message that fits no route. */
export function refuseUnroutable(body: string | undefined): Refusal {
  const envelope = parseEnvelope(body);
  if (!envelope.ok) return envelope;
  if (isClientMessageType(envelope.type)) {
    const message = `"${envelope.type}" did not arrive by its own route; send type as a plain string, once`;
    return { ok: false, code: 'invalid_message', message, ...echoOfRequest(envelope) };
  }
  const message = `unknown type; expected one of ${knownTypes}`;
  return { ok: false, code: 'unknown_type', message, ...echoOfRequest(envelope) };
}

function parseEnvelope(body: string | undefined): Envelope | Refusal {
  if (body === undefined || body === '') {
    return { ok: false, code: 'invalid_json', message: 'expected a JSON object, got an empty message' };
  }
  if (new TextEncoder().encode(body).byteLength > MAX_CLIENT_MESSAGE_BYTES) {
    const message = `expected a message of at most ${MAX_CLIENT_MESSAGE_BYTES} bytes`;
    return { ok: false, code: 'too_large', message };
  }
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { ok: false, code: 'invalid_json', message: 'expected a JSON object {"type": …, "data": {…}}' };
  }
  return checkEnvelope(json);
}

function checkEnvelope(json: unknown): Envelope | Refusal {
  const refuse = (message: string): Refusal => ({ ok: false, code: 'invalid_message', message });
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return refuse('expected a JSON object {"type": …, "data": {…}}');
  }
  const { type, data: given, id } = json as Record<string, unknown>;
  // The schema of an object accepts an array.
  const data = Array.isArray(given) ? undefined : given;
  if (typeof type !== 'string') return refuse(`type must be a string: one of ${knownTypes}`);
  if (id === undefined) return { ok: true, type, data };
  const requestId = v.safeParse(requestIdSchema, id);
  if (!requestId.success) {
    return { ...refuse(requestId.issues[0].message), requestType: echoOf(type) };
  }
  return { ok: true, type, data, id: requestId.output };
}

function echoOfRequest(envelope: Envelope): { requestType: string; id?: RequestId } {
  return { requestType: echoOf(envelope.type), ...idOf(envelope) };
}

/** Shortens a type, without cutting a surrogate pair: the client must be able to parse the answer. */
function echoOf(type: string): string {
  return type.slice(0, MAX_ECHOED_TYPE_LENGTH).toWellFormed();
}

function idOf(envelope: Envelope): { id?: RequestId } {
  return envelope.id === undefined ? {} : { id: envelope.id };
}
