import { expect, it } from 'vitest';
import {
  NEW_CONNECTION,
  stateText,
  troubleText,
  withAttempt,
  withState,
  withTrouble,
} from '../../../lib/monitor/connection-view.ts';

const LOST = { code: 'connection_lost', message: 'closed with 1006' };
const clock = (at: number) => `12:00:0${at}`;
const connected = withState(withAttempt(NEW_CONNECTION), 'connected', undefined, 0);

it("the monitor's own connection counts its attempts until it is connected, and a renewal of the token is none", () => {
  const trying = withAttempt(withAttempt(withState(connected, 'connecting', LOST, 1)));
  expect([stateText(withAttempt(NEW_CONNECTION)), stateText(trying)]).toEqual([
    'connecting',
    'connecting, attempt 2',
  ]);
  expect(withAttempt(connected)).toBe(connected);
  expect(stateText(withState(trying, 'connected', undefined, 2))).toBe('connected');
});

it("the monitor's own connection counts losses, and still shows the reason after a reconnect", () => {
  const back = withState(withState(connected, 'connecting', LOST, 1), 'connected', undefined, 2);
  expect(troubleText(back, clock)).toBe(
    'lost once, last trouble at 12:00:01: connection_lost, closed with 1006',
  );
  const again = withState(back, 'connecting', LOST, 3);
  expect(troubleText(again, clock)).toMatch(/^lost 2 times, last trouble at 12:00:03/);
});

it('a connection of the monitor that was never made is not lost', () => {
  expect(withState(NEW_CONNECTION, 'disconnected', LOST, 1).losses).toBe(0);
});

it("the monitor's own connection shows an error without a loss, and nothing if there was no error", () => {
  expect(troubleText(connected, clock)).toBe('');
  const trouble = { code: 'token_unavailable', message: 'no token' };
  expect(troubleText(withTrouble(connected, trouble, 4), clock)).toBe(
    'last trouble at 12:00:04: token_unavailable, no token',
  );
});
