import { logEvents } from '../../lib/core/log-events.ts';
import { clientNumbers, type NumberOption, publisherNumbers } from '../../lib/options/number-options.ts';
import { type Conflation, conflation, sentOf } from '../../lib/protocol/conflation.ts';
import { errorCodes } from '../../lib/protocol/error-codes.ts';
import { type RoomEventType, roomEventData } from '../../lib/protocol/room-events.ts';
import { alarmTable, metricTable } from './alarms.ts';
import {
  assumptions,
  backendCosts,
  costSummary,
  priceTable,
  stageCosts,
  userCosts,
  userMonth,
} from './costs.ts';
import { functionTable } from './functions.ts';
import { awsLimitTable, boundsTable, capacityTable, wireLimitTable } from './limits.ts';
import { code, codes, type Tables, table } from './markdown.ts';
import { localSettingTable, settingTable } from './settings.ts';

/** Every generated table of the pages in docs. */
export const tables: Tables = {
  'error-codes': () =>
    table(
      ['code', 'closes', 'meaning', 'what the client does next'],
      Object.entries(errorCodes).map(([name, { closes, meaning, remedy }]) => [
        code(name),
        closes === 'if unknown' ? 'only if the server no longer knows the connection' : closes,
        meaning,
        remedy,
      ]),
    ),
  'event-delivery': () =>
    table(
      ['type', 'the server sends'],
      typed<Record<RoomEventType, Conflation>>(conflation).map(([type, policy]) => [
        code(type),
        sentOf(policy),
      ]),
    ),
  'event-types': () => `${codes(Object.keys(conflation))}.`,
  'event-redrive': () =>
    table(
      ['type', 'publish an old one again?'],
      typed<Record<RoomEventType, Conflation>>(conflation).map(([type, policy]) => [
        code(type),
        redrive(policy),
      ]),
    ),
  'event-fields': () =>
    table(
      ['type', 'fields of `data`'],
      typed(roomEventData).map(([type, { entries }]) => [code(type), codes(Object.keys(entries))]),
    ),
  'log-events': () =>
    table(
      ['line', 'level', 'fields', 'meaning'],
      Object.entries(logEvents).map(([name, event]) => {
        const optional = 'optional' in event ? event.optional.map((field) => `${field}?`) : [];
        return [code(name), event.level, codes([...event.fields, ...optional]), event.meaning];
      }),
    ),
  'client-numbers': () => numberTable(clientNumbers),
  'publisher-numbers': () => numberTable(publisherNumbers),
  settings: settingTable,
  'local-settings': localSettingTable,
  alarms: alarmTable,
  metrics: metricTable,
  functions: functionTable,
  'wire-limits': wireLimitTable,
  'aws-limits': awsLimitTable,
  bounds: boundsTable,
  capacity: capacityTable,
  prices: priceTable,
  'cost-summary': costSummary,
  'cost-assumptions': assumptions,
  'cost-of-a-user': userMonth,
  'cost-by-users': userCosts,
  'cost-behind-1000-users': backendCosts,
  'cost-of-a-stage': stageCosts,
};

function numberTable(numbers: Record<string, NumberOption>): string {
  return table(
    ['option', 'default', 'least', 'most', '0', '`Infinity`'],
    Object.entries(numbers).map(([name, { byDefault, least, most, zeroIs, infinityIs }]) => [
      code(name),
      String(byDefault),
      String(least),
      String(most ?? '–'),
      zeroIs ?? 'refused',
      infinityIs ?? 'refused',
    ]),
  );
}

function typed<Table extends Record<RoomEventType, unknown>>(record: Table) {
  return Object.entries(record) as [RoomEventType, Table[RoomEventType]][];
}

/** Whether an event that was dead-lettered is worth publishing again. */
function redrive(of: Conflation): string {
  if ('recurs' in of) return 'no: a newer one follows';
  return of.send === 'newest' ? 'yes, if it is at most a day old' : 'yes';
}
