/** What became of input from outside: the value, or why it is refused. */
export type Parsed<Value, Code extends string> =
  | { ok: true; value: Value }
  | { ok: false; code: Code; message: string };
