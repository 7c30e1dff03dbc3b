import type { Queue } from '../description.ts';

/** Throws for queues that AWS would not create. */
export function checkQueues(queues: Record<string, Queue>): void {
  for (const [name, { fifo, redrive }] of Object.entries(queues)) {
    checkName(name, fifo);
    if (fifo?.throughputLimit === 'perMessageGroupId' && fifo.deduplicationScope !== 'messageGroup') {
      throw new Error(
        `The throughput limit of ${name} is per message group, so its deduplication must be too`,
      );
    }
    if (redrive) checkDeadLetterQueue(name, fifo, redrive.deadLetterQueue, queues[redrive.deadLetterQueue]);
  }
}

function checkName(name: string, fifo: Queue['fifo']): void {
  if (fifo && !name.endsWith('.fifo'))
    throw new Error(`The name of the FIFO queue ${name} must end in .fifo`);
  if (!fifo && name.endsWith('.fifo'))
    throw new Error(`Only the name of a FIFO queue may end in .fifo: ${name}`);
}

function checkDeadLetterQueue(
  of: string,
  fifo: Queue['fifo'],
  name: string,
  deadLetterQueue: Queue | undefined,
): void {
  if (deadLetterQueue === undefined) throw new Error(`There is no queue named ${name}`);
  if ((deadLetterQueue.fifo === undefined) !== (fifo === undefined)) {
    const kind = fifo ? 'FIFO' : 'standard';
    throw new Error(`The dead-letter queue of the ${kind} queue ${of} must be a ${kind} queue too: ${name}`);
  }
}
