import { toJsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import { positionsSchema } from '../protocol/client-messages.ts';
import { MAX_ROOMS_PER_CONNECTION } from '../protocol/limits.ts';
import { roomReferenceSchema } from '../protocol/room-id.ts';
import { eventFrameSchema } from '../protocol/server-messages.ts';

/** A schema of JSON Schema, draft 7: the one that AsyncAPI 3 is a superset of. */
export type JsonSchema = Record<string, unknown>;

export const DIALECT = 'http://json-schema.org/draft-07/schema#';

const positions: JsonSchema = {
  type: 'object',
  additionalProperties: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  maxProperties: MAX_ROOMS_PER_CONNECTION,
  description: 'Room → the last number that the client has of it.',
};

const oneRoom: JsonSchema = {
  anyOf: ['roomId', 'bullPenId'].map((name) => ({ properties: { [name]: {} }, required: [name] })),
  description: 'One of roomId and bullPenId; where both are given they must name the same room.',
};

/**
 * What a schema takes, as JSON Schema. `eventFrame` stands for an event wherever a frame carries a list of them.
 * @throws Error that names the kind of schema for which there is no JSON Schema.
 */
export function jsonSchemaOf(schema: v.GenericSchema, eventFrame: JsonSchema = {}): JsonSchema {
  const { $schema: _, ...converted } = toJsonSchema(schema, {
    target: 'draft-07',
    typeMode: 'input',
    // What cannot be said: `oneRoom` and `positions` say what there is to say of the checks. JSON has finite numbers only.
    ignoreActions: ['check', 'finite'],
    overrideSchema({ valibotSchema, jsonSchema }) {
      if (valibotSchema === positionsSchema.pipe[0]) return positions;
      if (valibotSchema === eventFrameSchema && schema !== eventFrameSchema) return eventFrame;
      const said = withoutEmptyList(flattened({ ...jsonSchema }));
      return valibotSchema === roomReferenceSchema.pipe[0] ? { ...said, ...oneRoom } : said;
    },
  });
  return converted;
}

/** Alternatives within alternatives, such as those of `null | (string | number)`, as one list. */
function flattened(schema: JsonSchema): JsonSchema {
  const { anyOf } = schema;
  if (!Array.isArray(anyOf)) return schema;
  const alternatives = anyOf.flatMap((option: JsonSchema) => {
    const { anyOf: inner, ...rest } = option;
    return Array.isArray(inner) && Object.keys(rest).length === 0 ? inner : [option];
  });
  return { ...schema, anyOf: alternatives };
}

function withoutEmptyList({ required, ...schema }: JsonSchema): JsonSchema {
  return Array.isArray(required) && required.length > 0 ? { ...schema, required } : schema;
}
