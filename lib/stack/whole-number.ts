export interface NumberRange {
  min: number;
  max: number;
}

/** Throws a sentence that says what was expected. */
export function wholeNumber(name: string, value: string | number, { min, max }: NumberRange): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new Error(`${name}: expected a whole number from ${min} to ${max}, not "${value}"`);
}
