import { createHash } from 'node:crypto';
import { invalidParameter, optionalObject, optionalText } from './sqs-request.ts';

export type MessageAttributes = Record<string, MessageAttribute>;

interface MessageAttribute {
  /** `String`, `Number` or `Binary`, with an optional custom suffix: `Number.int`. */
  DataType: string;
  StringValue?: string;
  /** Base64. */
  BinaryValue?: string;
}

const MAX_ATTRIBUTES = 10;

/** Throws `InvalidParameterValue`, or `SerializationException` for a value of a wrong type. */
export function readMessageAttributes(input: unknown): MessageAttributes {
  const written = Object.entries(optionalObject(input, 'MessageAttributes') ?? {});
  if (written.length > MAX_ATTRIBUTES) {
    throw invalidParameter(
      `Number of message attributes [${written.length}] exceeds the allowed maximum [10].`,
    );
  }
  return Object.fromEntries(written.map(([name, value]) => [name, readAttribute(name, value)]));
}

function readAttribute(name: string, written: unknown): MessageAttribute {
  const fields = optionalObject(written, name) ?? {};
  const type = optionalText(fields, 'DataType') ?? '';
  const text = optionalText(fields, 'StringValue');
  const binary = optionalText(fields, 'BinaryValue');
  if (!/^(String|Number|Binary)(\..+)?$/.test(type)) {
    throw invalidParameter(`The type of message (user) attribute '${name}' is invalid.`);
  }
  if (!(isBinary(type) ? binary : text)) {
    throw invalidParameter(
      `Message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`,
    );
  }
  return {
    DataType: type,
    ...(text !== undefined && { StringValue: text }),
    ...(binary !== undefined && { BinaryValue: binary }),
  };
}

/** The bytes of the attributes that count towards the size of a message. */
export function attributesSize(attributes: MessageAttributes): number {
  return Object.entries(attributes).reduce(
    (sum, [name, attribute]) =>
      sum + Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType) + value(attribute).length,
    0,
  );
}

/**
 * `MD5OfMessageAttributes`, undefined without attributes.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash('md5');
  for (const name of names) {
    const attribute = attributes[name] as MessageAttribute;
    hash.update(withLength(Buffer.from(name)));
    hash.update(withLength(Buffer.from(attribute.DataType)));
    hash.update(Buffer.from([isBinary(attribute.DataType) ? 2 : 1]));
    hash.update(withLength(value(attribute)));
  }
  return hash.digest('hex');
}

function isBinary(type: string): boolean {
  return type.startsWith('Binary');
}

function value({
  DataType: type,
  StringValue: text = '',
  BinaryValue: binary = '',
}: MessageAttribute): Buffer {
  return isBinary(type) ? Buffer.from(binary, 'base64') : Buffer.from(text);
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
