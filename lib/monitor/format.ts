const money = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const signed = new Intl.NumberFormat('en', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: 'exceptZero',
});

/** Two decimals; nothing for an amount that is not known. */
export const moneyText = (amount: number | undefined) => (amount === undefined ? '' : money.format(amount));

/** With its sign: colour alone is not for everybody. */
export const profitText = (amount: number | undefined) => (amount === undefined ? '' : signed.format(amount));

export function profitClass(amount: number | undefined): string {
  if (amount === undefined || amount === 0) return 'number';
  return amount > 0 ? 'number gain' : 'number loss';
}

/** Hours, minutes and seconds of the day. */
export function clockText(milliseconds: number): string {
  return new Date(milliseconds).toLocaleTimeString('en-GB');
}
