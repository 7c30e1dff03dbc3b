import type { Node } from 'constructs';
import { type NumberRange, wholeNumber } from './whole-number.ts';

/** What a setting may be in the context: `-c` gives text, cdk.json also numbers, booleans, lists and null. */
export class ContextSettings {
  private readonly context: Record<string, unknown>;

  /** Throws at a name that is none of `known`: a misspelt setting would be a default that nobody chose. */
  constructor(node: Node, known: readonly string[]) {
    this.context = node.getAllContext();
    const unknown = Object.keys(this.context).filter((name) => !isOfCdk(name) && !known.includes(name));
    if (unknown.length > 0) {
      throw new Error(`${unknown.join(', ')}: no such setting; there are ${known.join(', ')}`);
    }
  }

  /** `null` in cdk.json is not set. Throws when it is set but empty, and at the text `null`. */
  text(name: string): string | undefined {
    const text = this.textOrNull(name);
    if (text !== null) return text;
    if (this.context[name] === null) return undefined;
    throw new Error(`${name}: expected a value, not "null"; leave it out to have the default`);
  }

  oneOf<const Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const choice = choices.find((possible) => possible === text);
    if (choice !== undefined) return choice;
    throw new Error(`${name}: expected one of ${choices.join(', ')}, not "${text}"`);
  }

  /** `null` for the explicit choice to have none, also as the text `null`, because `-c` knows only text. */
  textOrNull(name: string): string | null | undefined {
    const value = this.context[name];
    if (value === undefined) return undefined;
    const text = String(value).trim();
    if (text === '') throw new Error(`${name} is set but empty; give it a value or leave it out`);
    return text === 'null' ? null : text;
  }

  wholeNumber(name: string, range: NumberRange): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : wholeNumber(name, text, range);
  }

  flag(name: string): boolean {
    return this.oneOf(name, ['true', 'false']) === 'true';
  }

  /** Throws a sentence that says what was expected, where the text does not match. */
  matching(name: string, pattern: RegExp, expected: string): string | undefined {
    const text = this.text(name);
    if (text === undefined || pattern.test(text)) return text;
    throw new Error(`${name}: expected ${expected}, not "${text}"`);
  }

  /** A list in cdk.json; with `-c`, separated by commas. */
  list(name: string, pattern = /^/, expected = ''): string[] {
    const items = this.text(name)?.split(',') ?? [];
    const wrong = items.find((item) => !pattern.test(item.trim()));
    if (wrong !== undefined) throw new Error(`${name}: expected ${expected}, not "${wrong}"`);
    return items.map((item) => item.trim());
  }
}

/** Feature flags, look-ups and `aws:cdk:…` have a separator in their names. */
function isOfCdk(name: string): boolean {
  return /[:@/]/.test(name) || name === 'cli-telemetry';
}
