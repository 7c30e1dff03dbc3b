/** How many objects and arrays stand in one another in a JSON text. Does not recurse, whatever the depth. */
export function jsonDepth(json: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let index = 0; index < json.length; index += 1) {
    const character = json[index];
    if (isInString && character === '\\') index += 1;
    else if (character === '"') isInString = !isInString;
    else if (!isInString) {
      depth += step(character);
      deepest = Math.max(deepest, depth);
    }
  }
  return deepest;
}

function step(character: string | undefined): -1 | 0 | 1 {
  if (character === '{' || character === '[') return 1;
  return character === '}' || character === ']' ? -1 : 0;
}
