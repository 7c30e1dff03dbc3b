import { runCommand } from './command-line.ts';
import { commands } from './commands.ts';

// Runs one command of this folder in this process, such as `node --import tsx bin/run.ts token alice`.
const [, , name = '', ...parameters] = process.argv;
const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (load === undefined) {
  process.stderr.write(`expected one of ${Object.keys(commands).join(', ')}, got "${name}"\n`);
  process.exit(1);
}
// The SDK announces the end of its Node 20 support on standard error at every client.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const command = await load();
const stop = new AbortController();
for (const signal of command.endsItself ? (['SIGINT', 'SIGTERM'] as const) : []) {
  process.on(signal, () => {
    // The second Ctrl-C ends the process at once.
    if (stop.signal.aborted) process.exit(1);
    stop.abort();
  });
}
const shell = {
  parameters,
  environment: process.env,
  print: (text: string) => void process.stdout.write(`${text}\n`),
  stop: stop.signal,
};
process.exitCode = await runCommand(command, shell, (text) => void process.stderr.write(`${text}\n`));
// A connection that is kept alive would hold the process.
if (process.exitCode !== 0 || stop.signal.aborted) process.exit();
