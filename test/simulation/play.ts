import { FileMaker } from './jobs.js';
import { Hardware } from './life.js';
import { Random } from './random.js';
import { type Equipment, Scenario, type ScenarioOptions } from './scenario.js';

/** Lines of a story that tell how it ended. */
const STORY_END = 60;

export function newEquipment(): Equipment {
  return {
    hardware: [new Hardware(), new Hardware()],
    files: new FileMaker(new Random(2024)),
  };
}

/** Plays the scenario of a seed; what nobody has caught counts as its failure. */
export async function play(
  seed: number,
  equipment: Equipment,
  options: ScenarioOptions = {},
): Promise<{ readonly scenario: Scenario; readonly error: Error | undefined }> {
  const scenario = new Scenario(seed, equipment, options);
  const fail = (error: Error) => scenario.world.fail(error);
  process.on('unhandledRejection', fail).on('uncaughtException', fail);
  // Most errors are a part of the game, and finding out where they come from takes longer than all the rest of them.
  const { stackTraceLimit } = Error;
  if (options.told !== true) Error.stackTraceLimit = 0;
  let error: Error | undefined;
  await scenario.play().catch((reason: Error) => {
    error = reason;
  });
  Error.stackTraceLimit = stackTraceLimit;
  process.off('unhandledRejection', fail).off('uncaughtException', fail);
  return { scenario, error };
}

/** How the scenario of a seed ends, for people. */
export async function storyOf(seed: number, equipment: Equipment): Promise<string> {
  const { scenario } = await play(seed, equipment, { told: true });
  return (scenario.world.story ?? []).slice(-STORY_END).join('\n');
}
