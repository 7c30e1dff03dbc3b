import { runCommand } from './command-line.ts';
import { commands } from './commands.ts';

// Runs one command of this folder in this process, such as `node --import tsx bin/run.ts token alice`.
const [, , name = '', ...parameters] = process.argv;
const load = commands[name];
if (load === undefined) {
  process.stderr.write(`expected one of ${Object.keys(commands).join(', ')}, got "${name}"\n`);
  process.exit(1);
}
// The SDK announces the end of its Node 20 support on standard error at every client.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Whoever asks twice does not want to wait.
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
process.exitCode = await runCommand(await load(), shell, (text) => void process.stderr.write(`${text}\n`));
// A connection that is kept alive would hold the process.
if (process.exitCode !== 0 || stop.signal.aborted) process.exit();
