import type { RoomEventType } from '../protocol/room-events.ts';
import { sampleEvents } from '../protocol/sample-events.ts';
import { byId, element, keyedList, setCells, setText } from './dom.ts';
import type { Emulator, EmulatorInvocation } from './emulator.ts';
import { samples } from './samples.ts';

const KEPT_INVOCATIONS = 12;

/** Shows a button for each event type, and the last invocations. Returns a function that adds invocations. */
export function eventsPanel(
  emulator: Emulator,
  watched: () => string,
): (invocations: readonly EmulatorInvocation[]) => void {
  const buttons = byId('put');
  const result = byId('put-result');
  const nextSample = samples(() => crypto.randomUUID().slice(0, 8));
  for (const type of Object.keys(sampleEvents) as RoomEventType[]) {
    const button = element('button', type, { type: 'button' });
    button.addEventListener('click', async () => {
      try {
        await emulator.putEvent(type, watched(), nextSample(type, watched(), new Date().toISOString()));
        setText(result, `${type} put at ${new Date().toLocaleTimeString('en-GB')}`);
      } catch (error) {
        setText(result, `${type} was not put: ${(error as Error).message}`);
      }
    });
    buttons.append(button);
  }

  let shown: readonly EmulatorInvocation[] = [];
  const show = keyedList<EmulatorInvocation, HTMLTableRowElement>(byId('invocations'), {
    keyOf: ({ number }) => String(number),
    create: invocationRow,
  });
  return (invocations) => {
    shown = [...invocations].reverse().concat(shown).slice(0, KEPT_INVOCATIONS);
    show(shown);
  };
}

function invocationRow({ functionName, durationMs, ok, errorType, errorMessage }: EmulatorInvocation) {
  const row = element('tr');
  const error = [errorType, errorMessage].filter((part) => part !== undefined).join(': ');
  setCells(row, [
    { text: functionName },
    { text: String(Math.round(durationMs)), className: 'number' },
    ok ? { text: 'ok' } : { text: error || 'failed', className: 'loss' },
  ]);
  return row;
}
