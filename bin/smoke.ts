import { randomUUID } from 'node:crypto';
import { checkStage, type StageTarget } from '../lib/canary/check-stage.ts';
import { stepTaker } from '../lib/canary/steps.ts';
import { type Command, DEFAULT_PORT, fail, portOf, readCommandLine } from './command-line.ts';
import { developmentToken } from './development-token.ts';
import { putEvent } from './event-bridge.ts';

const usage = `npm run smoke -- [--room smoke-test] [--port ${DEFAULT_PORT}]
npm run smoke -- --url wss://… --bus <name or ARN> --token <token> [--room smoke-test] [--timeout 10]

Does these steps and prints each with its time: connect, auth, subscribe, event, frame, a second event, a lost connection and
its recovery, unsubscribe and close.
Without --url it tests the local emulator on that port, with a token from it. With --url it tests a deployed stage; the events
go to the real EventBridge, with the AWS profile and region of your environment (--endpoint-url: to another endpoint).
Every member of the room receives its sample events: choose a room without players.
--timeout is in seconds per step. The exit code is 0 if every step has passed, otherwise 1.`;

const options = {
  url: { type: 'string' },
  bus: { type: 'string' },
  token: { type: 'string' },
  room: { type: 'string' },
  port: { type: 'string' },
  timeout: { type: 'string' },
  'endpoint-url': { type: 'string' },
} as const;

export const smoke: Command = {
  usage,
  async run(shell) {
    const { values } = readCommandLine(shell, usage, options);
    const startedAt = performance.now();
    const take = stepTaker({
      onPassed: ({ step, elapsedMs, result }) =>
        shell.print(`${step.padEnd(12)}${String(elapsedMs).padStart(6)} ms  ${result}`),
      now: () => performance.now(),
    });
    await checkStage(await readTarget(values), take);
    shell.print(`Passed in ${Math.round(performance.now() - startedAt)} ms.`);
    return 0;
  },
};

async function readTarget(values: { [Name in keyof typeof options]?: string }): Promise<StageTarget> {
  const port = portOf(values.port);
  const deployed = { url: values.url, bus: values.bus };
  const given = Object.entries(deployed).filter(([, value]) => value !== undefined);
  const [missing] = Object.entries(deployed).filter(([, value]) => value === undefined);
  // Both are required: an event on one system would never arrive at a connection to the other.
  if (given.length === 1) fail(`--${given[0]?.[0]} needs --${missing?.[0]}\n\n${usage}`);
  if (values.url !== undefined && values.token === undefined) fail(`--url needs --token\n\n${usage}`);
  const url = urlOf(values.url ?? `ws://127.0.0.1:${port}`);
  const patience = patienceOf(values.timeout ?? '10');
  return {
    url,
    patience,
    token: values.token ?? (await developmentToken(port, { sub: 'smoke-test', claims: { rooms: ['*'] } })),
    room: values.room ?? 'smoke-test',
    put: (type, detail) =>
      putEvent({ bus: values.bus, port, endpointUrl: values['endpoint-url'] }, type, detail),
    runId: randomUUID(),
  };
}

function urlOf(text: string): string {
  if (/^wss?:\/\/[^/]/.test(text) && URL.canParse(text)) return text;
  return fail(
    `--url: expected a WebSocket URL such as wss://<api id>.execute-api.<region>.amazonaws.com/dev`,
  );
}

function patienceOf(seconds: string): number {
  const milliseconds = Number(seconds) * 1000;
  if (milliseconds > 0 && milliseconds <= 600_000) return milliseconds;
  return fail(`--timeout: expected seconds, more than 0 and at most 600, got "${seconds}"`);
}
