import type { Frame } from '../client/client.ts';
import { byId, eachFrame, element, keyedList, setText } from './dom.ts';
import { clockText } from './format.ts';
import { EMPTY_LOG, type LoggedFrame, matching, oneLine, paused, pretty, withFrame } from './frame-log.ts';

/** Shows every frame in both directions, with a filter and a pause. Returns a function that adds a frame. */
export function framesPanel(): (frame: Frame) => void {
  const filter = byId<HTMLInputElement>('filter');
  const pause = byId<HTMLButtonElement>('pause');
  const count = byId('frame-count');
  let log = EMPTY_LOG;
  const show = keyedList<LoggedFrame, HTMLLIElement>(byId('frames'), {
    keyOf: ({ number }) => String(number),
    create: frameItem,
  });
  const render = eachFrame(() => {
    const shown = matching(log.shown, filter.value);
    show(shown);
    setText(count, `${shown.length} of ${log.count}${log.isPaused ? ', paused' : ''}`);
  });
  filter.addEventListener('input', render);
  pause.addEventListener('click', () => {
    log = paused(log, !log.isPaused);
    pause.setAttribute('aria-pressed', String(log.isPaused));
    render();
  });
  return (frame) => {
    log = withFrame(log, frame, Date.now());
    render();
  };
}

function frameItem({ direction, text, at }: LoggedFrame): HTMLLIElement {
  const item = element('li');
  const details = element('details');
  const arrow = direction === 'sent' ? '→' : '←';
  details.append(element('summary', `${clockText(at)} ${arrow} ${oneLine(text)}`));
  // Created when it is opened, because 200 frames may have 128 KB each.
  details.addEventListener('toggle', () => {
    if (details.childElementCount === 1) details.append(element('pre', pretty(text)));
  });
  item.append(details);
  return item;
}
