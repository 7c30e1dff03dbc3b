import type { Context } from 'aws-lambda';
import type { StackDescription } from '../description.ts';

/** A Lambda function's code. What it returns is sent through JSON, like its event. */
export type Handler = (event: unknown, context: Context) => Promise<unknown>;

/** Where handlers come from. Rejects when the function's code cannot be loaded: that invocation fails. */
export type LoadHandler = (functionName: string) => Promise<Handler>;

/** Handlers together with what has to be stopped (watchers, build directories) when the emulator stops. */
export interface FunctionLoader {
  loadHandler: LoadHandler;
  close?(): Promise<void>;
}

export interface LoaderInput {
  description: StackDescription;
  /** Everything a function finds in `process.env`: what Lambda gives, then what the stack gives. */
  environmentOf(functionName: string): Record<string, string>;
}
