import { metrics } from '../../lib/config/metrics.ts';
import { type AlarmDescription, alarms } from '../../lib/stack/alarms.ts';
import { code, count, table } from './markdown.ts';

/** Every alarm: what it watches, when it begins, and its section of the same page. */
export function alarmTable(): string {
  return table(
    ['alarm', 'what is measured by the minute', 'begins', 'what to do'],
    Object.entries(alarms).map(([name, alarm]) => [
      code(name),
      alarm.measures,
      begin(alarm),
      `[${alarm.section}](#${alarm.section.toLowerCase().replaceAll(' ', '-')})`,
    ]),
  );
}

function begin({ threshold, below, minutes, of }: AlarmDescription): string {
  const time = minutes === of ? `for ${minutes} min` : `in ${minutes} of ${of} min`;
  return `${below ? 'below' : 'above'} ${count(threshold)} ${time}`;
}

/** Every metric that the functions write. */
export function metricTable(): string {
  return table(
    ['metric', 'unit', 'one value is'],
    Object.entries(metrics).map(([name, { unit, counts }]) => [code(name), unit, counts]),
  );
}
