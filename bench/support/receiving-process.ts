import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The process that receives in a benchmark, with an OFTP server and a receiver of raw files. */
export interface ReceivingProcess {
  readonly oftpPort: number;
  readonly rawPort: number;
  /** CPU seconds of the process so far. */
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}

/** `statePath`: where the server keeps its state; in memory if left out. */
export async function startReceiver(inbox: string, statePath?: string): Promise<ReceivingProcess> {
  const program = fileURLToPath(new URL('./receiver.js', import.meta.url));
  const child = fork(program, statePath === undefined ? [inbox] : [inbox, statePath]);
  const [ports] = (await once(child, 'message')) as [{ oftpPort: number; rawPort: number }];
  return {
    ...ports,
    async cpuSeconds() {
      child.send('cpu');
      const [{ cpu }] = (await once(child, 'message')) as [{ cpu: number }];
      return cpu;
    },
    async stop() {
      child.kill();
      await once(child, 'exit');
    },
  };
}
