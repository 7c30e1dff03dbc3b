import { type FunctionName, functions } from '../../lib/config/functions.ts';
import { resolve, resolveText } from './resolve.ts';
import { resourcesOf, type Template } from './synthesize.ts';

/** One permission: an action on a resource. */
export interface Permission {
  action: string;
  resource: string;
}

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
}

/** Everything that a function's role may do. Roles are found by the function, so a forgotten one would show. */
export function permissionsOf(template: Template, name: FunctionName): Permission[] {
  const role = roleOf(template, name);
  const { Properties: properties } = template.Resources[role] ?? { Properties: {} };
  // Neither managed nor inline: everything that it may do is in policies of its own, which are read here.
  if ('ManagedPolicyArns' in properties || 'Policies' in properties) throw new Error(`${role} has policies`);
  return resourcesOf(template, 'AWS::IAM::Policy')
    .map(([, policy]) => resolve(template, policy) as Record<string, unknown>)
    .filter(({ Roles: roles }) => (roles as string[]).includes(role))
    .flatMap(({ PolicyDocument: document }) => (document as { Statement: Statement[] }).Statement)
    .flatMap(({ Action: actions, Resource: resources }) =>
      [actions].flat().flatMap((action) => [resources].flat().map((resource) => ({ action, resource }))),
    );
}

export function roleOf(template: Template, name: FunctionName): string {
  const all = resourcesOf(template, 'AWS::Lambda::Function');
  const found = all.find(([, { FunctionName: full }]) => String(full).endsWith(`-${name}`));
  return resolveText(template, found?.[1]['Role']).replace('arn:', '');
}

export const functionNames = Object.keys(functions) as FunctionName[];
