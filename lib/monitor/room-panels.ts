import { byId, element, keyedList, setCells, setText } from './dom.ts';
import { clockText, moneyText, profitClass, profitText } from './format.ts';
import { bars, type Latencies, percentile } from './latency.ts';
import type { OrderRow, PositionRow, Ranking, RoomView } from './room-view.ts';

/** Shows the leaderboard, the positions, the orders and the state of a room. */
export function roomPanels(): (view: RoomView) => void {
  const showRankings = keyedList<Ranking, HTMLTableRowElement>(byId('leaderboard'), {
    keyOf: ({ player, rank }) => `${player} ${player === '' ? rank : ''}`,
    create: () => element('tr'),
    update: (row, { rank, player, value }) =>
      setCells(row, [
        { text: rank, className: 'number' },
        { text: player },
        { text: moneyText(value), className: 'number' },
      ]),
  });
  const showPositions = keyedList<PositionRow, HTMLTableRowElement>(byId('positions'), {
    keyOf: ({ positionId }) => positionId,
    create: () => element('tr'),
    update: showPosition,
  });
  const showOrders = keyedList<OrderRow, HTMLLIElement>(byId('orders'), {
    keyOf: ({ key }) => key,
    create: orderItem,
  });
  const state = byId('room-state');
  return (view) => {
    showRankings(view.rankings);
    showPositions([...view.positions.values()]);
    showOrders(view.orders);
    setText(state, view.state ?? 'No room_state_changed yet.');
  };
}

function showPosition(row: HTMLTableRowElement, position: PositionRow): void {
  const { player, symbol, quantity, averagePrice, price, profit, closedAt } = position;
  const isClosed = closedAt !== undefined;
  row.className = isClosed ? 'closed' : '';
  setCells(row, [
    { text: player },
    { text: isClosed ? `${symbol}, closed` : symbol },
    { text: quantity === undefined ? '' : String(quantity), className: 'number secondary' },
    { text: moneyText(averagePrice), className: 'number secondary' },
    { text: moneyText(price), className: 'number' },
    { text: profitText(profit), className: profitClass(profit) },
  ]);
}

function orderItem({ at, text, isExecuted }: OrderRow): HTMLLIElement {
  const item = element('li');
  const time = element('time', clockText(at), { dateTime: new Date(at).toISOString() });
  item.append(time, element('span', text, { className: isExecuted ? '' : 'loss' }));
  return item;
}

const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT] = [240, 60];

export function latencyPanel(): (latencies: Latencies) => void {
  const text = byId('latency-text');
  const drawing = byId<SVGSVGElement>('latency');
  return (latencies) => {
    const [half, most] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
    if (half === undefined || most === undefined) return;
    setText(text, `median ${half} ms, 99th percentile ${most} ms, of the last ${latencies.length}`);
    drawing.replaceChildren(
      ...bars(latencies, WIDTH, HEIGHT).map((bar) => {
        const rectangle = document.createElementNS(SVG, 'rect');
        for (const [name, value] of Object.entries(bar)) rectangle.setAttribute(name, value.toFixed(1));
        return rectangle;
      }),
    );
  };
}
