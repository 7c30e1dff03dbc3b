import { ROOM_ID } from '../protocol/room-id-rule.ts';
import type { EnvironmentVariable } from './functions.ts';

/** The variable of a setting in the environment of `npm start`, and what is different there. */
interface LocalVariable {
  variable: string;
  default?: boolean;
  sentence?: string;
  otherwise?: string;
}

interface Described {
  /** What the setting does, in whole sentences. They are the setting's text in the documents and in an editor. */
  sentence: string;
  /** Variable by which functions read the value. */
  variable?: EnvironmentVariable;
  /** How `npm start` takes the value; without it the emulator uses the default. */
  local?: LocalVariable;
  /**
   * Where the setting belongs, if it is not a prop of the construct: `tokens` has a prop for all its settings together,
   * and `emulator` exists only for `npm start`.
   */
  of?: 'tokens' | 'emulator';
  /** The setting that must be given as well. */
  needs?: string;
  /** What holds if there is no value and no default. */
  otherwise?: string;
}

export interface NumberSetting extends Described {
  kind: 'number';
  min: number;
  max: number;
  /** What is counted: `seconds`, `batches`. */
  unit: string;
  default?: number;
}

export interface ChoiceSetting extends Described {
  kind: 'choice';
  choices: readonly (string | number)[];
  default: string | number;
}

interface FlagSetting extends Described {
  kind: 'flag';
  default: boolean;
}

export interface TextSetting extends Described {
  kind: 'text';
  pattern?: RegExp;
  /** What the pattern stands for, as in "expected an e-mail address". */
  expected?: string;
  default?: string;
  /** Whether `null` is a choice of its own: accept any. */
  nullable?: true;
}

export interface ListSetting extends Described {
  kind: 'list';
  /** Of one item. */
  pattern: RegExp;
  expected: string;
  /** Most items. */
  most?: number;
  default?: readonly string[];
}

export type Setting = NumberSetting | ChoiceSetting | FlagSetting | TextSetting | ListSetting;

/** What the text of some settings, or each item of a list, looks like, and how an error says it. */
export const formats = {
  // Names of functions end at 64 characters.
  stageName: {
    pattern: /^[a-z][a-z0-9-]{0,19}$/,
    expected: 'a lower-case letter, then at most 19 lower-case letters, digits or dashes',
  },
  httpsAddress: {
    pattern: /^https:\/\/[^/\s]/,
    expected: 'an address that begins with https://',
  },
  appClients: {
    pattern: /^\w+$/,
    expected: 'ids of app clients, separated by commas',
  },
  // An ARN ends with six characters that Secrets Manager has added; without them the function could not read the secret.
  secret: {
    pattern: /^([\w/+=.@-]+|arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+-\w{6})$/,
    expected: 'the name of one secret, or its whole ARN',
  },
  rooms: {
    pattern: new RegExp(`^\\*$|${ROOM_ID.source}`),
    expected: 'room ids, separated by commas, or * for all',
  },
  // A grant on an alias has no effect: IAM knows keys by their own ARN only.
  kmsKey: {
    pattern: /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/,
    expected: 'the ARN of a KMS key, not of an alias',
  },
  emailAddress: {
    pattern: /^[^@\s]+@[^@\s]+\.[^@\s]+$/,
    expected: 'an e-mail address',
  },
  // Not a FIFO topic: alarms cannot name the group that it requires.
  snsTopic: {
    pattern: /^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+$/,
    expected: 'the ARN of an SNS topic',
  },
  domain: {
    pattern: /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/i,
    expected: 'a name such as realtime.example.com',
  },
  certificate: {
    pattern: /^arn:[\w-]+:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/,
    expected: 'the ARN of a certificate in ACM',
  },
  accounts: {
    pattern: /^\d{12}$/,
    expected: 'account ids of 12 digits',
  },
} as const satisfies Record<string, { pattern: RegExp; expected: string }>;

/** Days that CloudWatch Logs accepts; with any other number a deploy fails. 9999 means that logs stay. */
export const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
  9999,
] as const;
