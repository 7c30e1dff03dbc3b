import type { Gateway, PostOutcome } from '../../../lib/core/ports.ts';
import { type RecordingGateway, recordingGateway } from '../../support/recording-gateway.ts';

type Operation = 'post' | 'close';
/** An outcome, or what becomes one when the test says so. */
type Answer = PostOutcome | (() => Promise<PostOutcome>);

/** A recording gateway that fails as it is told to. */
export interface ScriptedGateway extends RecordingGateway {
  /** Every call in order, such as `post a`. */
  calls: string[];
  /** What the calls for a connection come to, one after the other; the last one stays. */
  script(operation: Operation, connectionId: string, ...answers: Answer[]): void;
}

export function scriptedGateway(): ScriptedGateway {
  const gateway = recordingGateway();
  const scripts = new Map<string, Answer[]>();
  const calls: string[] = [];

  async function answer(operation: Operation, connectionId: string, deliver: () => Promise<PostOutcome>) {
    const call = `${operation} ${connectionId}`;
    calls.push(call);
    const script = scripts.get(call) ?? ['delivered'];
    const next = script.length > 1 ? script.shift() : script[0];
    const outcome = typeof next === 'function' ? await next() : next;
    return outcome === undefined || outcome === 'delivered' ? deliver() : outcome;
  }

  const scripted: Gateway = {
    post: (connectionId, frame) => answer('post', connectionId, () => gateway.post(connectionId, frame)),
    close: (connectionId) => answer('close', connectionId, () => gateway.close(connectionId)),
  };
  return {
    ...gateway,
    ...scripted,
    calls,
    script: (operation, connectionId, ...answers) =>
      void scripts.set(`${operation} ${connectionId}`, answers),
  };
}
