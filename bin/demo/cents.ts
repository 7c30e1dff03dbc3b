/** An amount of money as it is told: whole cents. */
export function cents(amount: number): number {
  return Math.round(amount * 100) / 100;
}
