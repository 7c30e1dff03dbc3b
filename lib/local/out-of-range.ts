export interface Range {
  min: number;
  max: number;
}

/** A sentence for a setting that is no whole number of that range; nothing for one that is, or that is absent. */
export function outOfRange(name: string, value: number | undefined, { min, max }: Range): string[] {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return [];
  return [`${name} is ${value}, a whole number from ${min} to ${max} is allowed`];
}
