import { type Command, DEFAULT_PORT, fail, portOf, readCommandLine } from './command-line.ts';
import { developmentToken } from './development-token.ts';

const usage = `npm run -s token -- <user id> [--expires-in <seconds>] [--rooms <id,id>] [--port ${DEFAULT_PORT}]

Prints a token that the running local emulator accepts, and nothing else.`;

export const token: Command = {
  usage,
  async run(shell) {
    const { values, positionals } = readCommandLine(shell, usage, {
      'expires-in': { type: 'string' },
      rooms: { type: 'string' },
      port: { type: 'string' },
    });
    const [sub, ...rest] = positionals;
    if (sub === undefined || rest.length > 0) fail(`expected one user id\n\n${usage}`);
    const expiresIn = Number(values['expires-in'] ?? 3600);
    if (!Number.isInteger(expiresIn)) fail('--expires-in: expected a whole number of seconds');
    const claims = values.rooms === undefined ? {} : { rooms: values.rooms.split(',') };
    shell.print(await developmentToken(portOf(values.port), { sub, expiresIn, claims }));
    return 0;
  },
};
