const money = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const signed = new Intl.NumberFormat('en', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: 'exceptZero',
});

/** An amount with two decimals; empty if it is unknown. */
export const moneyText = (amount: number | undefined) => (amount === undefined ? '' : money.format(amount));

/** An amount with its sign, because not everybody sees the colour. */
export const profitText = (amount: number | undefined) => (amount === undefined ? '' : signed.format(amount));

export function profitClass(amount: number | undefined): string {
  if (amount === undefined || amount === 0) return 'number';
  return amount > 0 ? 'number gain' : 'number loss';
}

/** The time of day in hours, minutes and seconds. */
export function clockText(milliseconds: number): string {
  return new Date(milliseconds).toLocaleTimeString('en-GB');
}
