import { type EnvironmentOf, type FunctionName, functions } from './functions.ts';

/** The variables of one function. Throws at cold start when the stack forgot one. */
export function readEnvironment<Name extends FunctionName>(
  name: Name,
  environment: NodeJS.ProcessEnv = process.env,
): EnvironmentOf<Name> {
  const missing = functions[name].environment.filter((variable) => environment[variable] === undefined);
  if (missing.length > 0) {
    const whose = `function ${name} (lib/config/functions.ts)`;
    throw new Error(
      `${missing.join(', ')} missing in the environment; the stack must set what ${whose} declares`,
    );
  }
  return environment as EnvironmentOf<Name>;
}
