import { fail } from './command-line.ts';

/** Gets a token from the local emulator on this port. Ends the command if it gets none. */
export async function developmentToken(
  port: number,
  request: { sub: string; expiresIn?: number; claims?: object },
): Promise<string> {
  const endpoint = `http://127.0.0.1:${port}`;
  const response = await fetch(`${endpoint}/dev/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  }).catch(() =>
    fail(`Nothing answers on ${endpoint}: start it with "npm start", or name its port with --port.`),
  );
  const answer = (await response.json()) as { token?: string; error?: string; message?: string };
  return answer.token ?? fail(answer.error ?? answer.message ?? `${endpoint} answered ${response.status}`);
}
