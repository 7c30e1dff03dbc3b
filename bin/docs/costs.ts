import { functions } from '../../lib/config/functions.ts';
import { metrics } from '../../lib/config/metrics.ts';
import { alarms } from '../../lib/stack/alarms.ts';
import { count, millions, money, table, toCents } from './markdown.ts';

/**
 * List prices of us-east-1 in dollars: a million each, a GB-second of Lambda on arm64, a GB of log lines, and a month of
 * one alarm metric, one own metric and one dashboard. Taken from third parties.
 */
export const prices = {
  messages: 1,
  connectionMinutes: 0.25,
  events: 1,
  lambdaRequests: 0.2,
  gbSecond: 0.0000133334,
  writeUnits: 0.625,
  readUnits: 0.125,
  sqsRequests: 0.4,
  sqsFifoRequests: 0.5,
  logGB: 0.5,
  alarmMetric: 0.1,
  ownMetric: 0.3,
  dashboard: 3,
} as const;

/** What the tables assume of a month. `memberBytes` is the measured size of a membership row with its key. */
const assumed = {
  days: 30,
  roomSize: 50,
  memberBytes: 250,
  eventsPerMinute: 6,
  pingMinutes: 5,
  connectionHours: 2,
  /** Duration of `broadcast` for one event. `npm run bench -- order-cost` measures less on the emulator. */
  broadcastMs: 100,
} as const;
/** Alarms of a stage, the metrics that they watch, and the metrics that the functions write. A test counts them. */
export const stage = {
  alarms: Object.keys(alarms).length,
  watchedMetrics: 55,
  ownMetrics: Object.keys(metrics).length,
} as const;

const minutes = assumed.days * 24 * 60;
const frames = assumed.eventsPerMinute * minutes;
const pings = minutes / assumed.pingMinutes;
const connections = (assumed.days * 24) / assumed.connectionHours;
const events = frames / assumed.roomSize;
/** Read units of one Query of all members: one for 4 KB. */
const memberUnits = Math.ceil((assumed.roomSize * assumed.memberBytes) / 4_096);

/** The answer of the page in two sentences. */
export function costSummary(): string {
  const [users, month] = [1_000, costsOf(1_000)];
  const framesShare = Math.round((100 * users * (frames / 1e6) * prices.messages) / month);
  const ofStage = stageRows().reduce((sum, [, , dollars]) => sum + toCents(dollars), 0);
  return [
    `${count(users)} users who are always connected cost about $${Math.round(month)} a month; frames of events are ${framesShare} % of it.`,
    `A stage costs about $${Math.round(ofStage)} a month without users.`,
  ].join('\n');
}

/** What the tables assume. */
export function assumptions(): string {
  const { days, roomSize, eventsPerMinute, pingMinutes, connectionHours } = assumed;
  return [
    `- A user is connected for all of ${days} days (${count(minutes)} minutes). Divide for fewer hours.`,
    `- A room has ${roomSize} users and gets ${eventsPerMinute} events a minute.`,
    `- A client sends a ping every ${pingMinutes} minutes.`,
    `- A client makes a new connection every ${connectionHours} hours, with one \`auth\` and one \`subscribe_room\`.`,
  ].join('\n');
}

/** The prices of all cost tables. */
export function priceTable(): string {
  const p = prices;
  const million = (price: number) => `${money(price)} a million`;
  return table(
    ['what is billed', 'list price'],
    [
      ['API Gateway: message of up to 32 KB, in either direction', million(p.messages)],
      ['API Gateway: minute of a connection', million(p.connectionMinutes)],
      ['EventBridge: event of up to 64 KB', million(p.events)],
      ['Lambda: request', million(p.lambdaRequests)],
      ['Lambda on arm64: GB-second', `$${p.gbSecond}`],
      ['DynamoDB on demand: write unit', `$${p.writeUnits} a million`],
      ['DynamoDB on demand: read unit', `$${p.readUnits} a million`],
      ['SQS: request to a standard queue', million(p.sqsRequests)],
      ['SQS: request to a FIFO queue', million(p.sqsFifoRequests)],
      ['CloudWatch: GB of log lines', money(p.logGB)],
      ['CloudWatch: metric that an alarm watches, a month', money(p.alarmMetric)],
      ['CloudWatch: own metric, a month', money(p.ownMetric)],
      ['CloudWatch: dashboard, a month', money(p.dashboard)],
    ],
  );
}

/** What one user causes in a month. */
export function userMonth(): string {
  const { days, roomSize, eventsPerMinute, pingMinutes } = assumed;
  return table(
    ['for one user and month', 'arithmetic', 'number'],
    [
      ['frames of events', `${eventsPerMinute} × ${count(minutes)}`, count(frames)],
      ['pings and their answers', `${count(minutes)} ÷ ${pingMinutes} × 2`, count(pings * 2)],
      ['auth, subscribe and their answers', `${days} × ${connections / days} × 4`, count(connections * 4)],
      ['events put on the bus', `${eventsPerMinute} × ${count(minutes)} ÷ ${roomSize}`, count(events)],
    ],
  );
}

/** Above so many messages a month, API Gateway has another price. */
const FIRST_PRICE_MESSAGES = 1e9;
const messagesOf = (users: number) => users * (frames + pings * 2 + connections * 4);

/** What is billed for so many users, by the columns of `userCosts`: an amount and its price a million. */
const billedParts = (users: number): [number, number][] => [
  [messagesOf(users), prices.messages],
  [users * minutes, prices.connectionMinutes],
  [users * events, prices.events],
];
const backendOf = (users: number) =>
  (users / 1_000) * backendRows().reduce((sum, { dollars }) => sum + toCents(dollars), 0);

function costsOf(users: number): number {
  return billedParts(users).reduce((sum, [amount, price]) => sum + (amount / 1e6) * price, backendOf(users));
}

/** The month of so many users: API Gateway and EventBridge, the rest of AWS, and their sum. */
export function userCosts(): string {
  return table(
    [
      'concurrent users',
      'messages',
      'connection minutes',
      'events',
      'Lambda, DynamoDB, SQS, logs',
      'together',
    ],
    [100, 1_000, 10_000].map((users) => {
      const cells = billedParts(users).map(
        ([amount, price]) => `${millions(amount)}: ${money((amount / 1e6) * price)}`,
      );
      const most = messagesOf(users) > FIRST_PRICE_MESSAGES ? 'at most ' : '';
      return [count(users), ...cells, money(backendOf(users)), `${most}${money(costsOf(users))}`];
    }),
  );
}

interface Row {
  what: string;
  arithmetic: string;
  amount: string;
  dollars: number;
}

/** What is behind API Gateway and EventBridge, for 1,000 users. */
export function backendCosts(): string {
  const rows = backendRows();
  const sum = rows.reduce((total, { dollars }) => total + toCents(dollars), 0);
  return table(
    ['for 1,000 users and a month', 'arithmetic', 'amount', 'price'],
    [
      ...rows.map(({ what, arithmetic, amount, dollars }) => [what, arithmetic, amount, money(dollars)]),
      ['together', '', '', money(sum)],
    ],
  );
}

function backendRows(): Row[] {
  const users = 1_000;
  const put = users * events;
  const putText = `${(put / 1e6).toFixed(3)} M`;
  const clientRequests = users * (pings + connections * 5);
  const billed = (what: string, arithmetic: string, amount: number, price: number): Row => ({
    what,
    arithmetic,
    amount: millions(amount),
    dollars: (amount / 1e6) * price,
  });
  const running = (
    what: string,
    requests: number,
    name: 'ping' | 'ingest' | 'broadcast',
    ms: number,
  ): Row => {
    const memory = functions[name].memoryMB / 1024;
    const gbSeconds = requests * memory * (ms / 1_000);
    return {
      what: `${what} at ${ms} ms (assumed, not measured)`,
      arithmetic: `${millions(requests)} × ${Number(memory.toFixed(4))} GB × ${ms / 1_000} s`,
      amount: `${count(Math.round(gbSeconds / 100) * 100)} GB-s`,
      dollars: gbSeconds * prices.gbSecond,
    };
  };
  const logged = (what: string, arithmetic: string, bytes: number): Row => ({
    what,
    arithmetic,
    amount: `${(bytes / 1e9).toFixed(2)} GB`,
    dollars: (bytes / 1e9) * prices.logGB,
  });
  const perClient = count(connections);
  const p = prices;
  return [
    billed(
      'Lambda requests of clients',
      `(${count(pings)} pings + ${perClient} × 5: connect, auth, subscribe, disconnect, deadline) × 1,000`,
      clientRequests,
      p.lambdaRequests,
    ),
    running('…their GB-seconds', clientRequests, 'ping', 20),
    billed('Lambda requests of events', `${putText} × 2 (ingest, broadcast)`, put * 2, p.lambdaRequests),
    running('…GB-seconds of the ingest', put, 'ingest', 20),
    running('…GB-seconds of broadcasts', put, 'broadcast', assumed.broadcastMs),
    billed('SQS FIFO requests', `${putText} × 3 (sent, received, deleted)`, put * 3, p.sqsFifoRequests),
    billed(
      'DynamoDB write units of events',
      `${putText} × 4 (row of the log, retained value, cursor twice)`,
      put * 4,
      p.writeUnits,
    ),
    billed(
      'DynamoDB read units of events',
      `${putText} × ${2 + memberUnits} (cursor, retained value, and ${memberUnits} for ${assumed.roomSize} members of ${assumed.memberBytes} bytes)`,
      put * (2 + memberUnits),
      p.readUnits,
    ),
    billed(
      'DynamoDB write units of clients',
      `${perClient} × 6 × 1,000 (connect, auth, subscribe and membership; both rows deleted)`,
      connections * 6 * users,
      p.writeUnits,
    ),
    billed(
      'DynamoDB read units of clients',
      `(${count(pings)} + ${perClient} × 4) × 1,000`,
      (pings + connections * 4) * users,
      p.readUnits,
    ),
    billed(
      'SQS requests of the deadline',
      `${perClient} × 3 × 1,000`,
      connections * 3 * users,
      p.sqsRequests,
    ),
    logged(
      'log lines of events',
      `${putText} × 1.62 KB (\`events_logged\` 0.33, \`delivery\` 0.57, metrics 0.72)`,
      put * 1_620,
    ),
    logged(
      'log lines of connections',
      `${perClient} × 1.03 KB × 1,000 (the four of a connection in one room)`,
      connections * 1_030 * users,
    ),
  ];
}

/** What a stage costs without users. */
export function stageCosts(): string {
  const rows = stageRows();
  const sum = rows.reduce((total, [, , dollars]) => total + toCents(dollars), 0);
  return table(
    ['for one stage and month', 'arithmetic', 'price'],
    [
      ...rows.map(([what, arithmetic, dollars]) => [what, arithmetic, money(dollars)]),
      ['together', '', money(sum)],
    ],
  );
}

function stageRows(): [string, string, number][] {
  const runs = count(minutes);
  return [
    [
      'alarms',
      `${stage.alarms} alarms that watch ${stage.watchedMetrics} metrics, × $0.10`,
      stage.watchedMetrics * prices.alarmMetric,
    ],
    ['own metrics', `${stage.ownMetrics} × $0.30`, stage.ownMetrics * prices.ownMetric],
    ['metrics of the polls of two queues (price assumed)', '2 × 5 × $0.30', 2 * 5 * prices.ownMetric],
    ['dashboard', '1', prices.dashboard],
    [
      'polls of the two queues without messages',
      '0.65 M × 2 (FIFO and standard)',
      0.65 * (prices.sqsFifoRequests + prices.sqsRequests),
    ],
    ['the canary: Lambda', `${runs} runs of 1.5 s (assumed), and 15 invocations each`, 1.05],
    ['…API Gateway, EventBridge with its Scheduler, SQS', '12 messages, 3 events, 18 requests a run', 1],
    [
      '…DynamoDB',
      '22 write and 25 read units a run',
      (minutes / 1e6) * (22 * prices.writeUnits + 25 * prices.readUnits),
    ],
    ['…log lines', `${runs} × 6 KB`, (minutes * 6_000 * prices.logGB) / 1e9],
  ];
}
