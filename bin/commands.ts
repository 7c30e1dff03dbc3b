import type { Command } from './command-line.ts';

/** The commands by their names. Each is loaded when it is asked for, so that none waits for the packages of another. */
export const commands: Record<string, () => Promise<Command>> = {
  local: async () => (await import('./local.ts')).local,
  token: async () => (await import('./token.ts')).token,
  event: async () => (await import('./event.ts')).event,
  listen: async () => (await import('./listen.ts')).listen,
  smoke: async () => (await import('./smoke.ts')).smoke,
  trace: async () => (await import('./trace.ts')).trace,
  redrive: async () => (await import('./redrive.ts')).redrive,
  build: async () => (await import('./build.ts')).build,
  docs: async () => (await import('./docs.ts')).docs,
};
