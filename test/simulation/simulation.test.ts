/**
 * Whole sessions between two parties on a simulated network, with simulated disks and a simulated clock, and faults of
 * every kind. A failing one tells its seed:
 *
 *     SIMULATION_SEED=48 node dist/test/simulation/simulation.test.js
 *
 * plays that one alone and tells its story.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { failure } from '../support/failure.js';
import { isTimeLeft } from '../support/time-left.js';
import { newEquipment, play, storyOf } from './play.js';

/** Sessions that are asked for, however long they take; otherwise as many as a slow machine plays in its time. */
const ASKED = process.env['SIMULATION_SESSIONS'];
const SESSIONS = Number(ASKED ?? 10_000);
const SEED = process.env['SIMULATION_SEED'];

const equipment = newEquipment();

if (SEED === undefined) {
  test(`no promise is broken in ${SESSIONS} sessions`, async () => {
    let sessions = 0;
    for (let seed = 1; sessions < SESSIONS && (ASKED !== undefined || isTimeLeft()); seed += 1) {
      const { scenario, error } = await play(seed, equipment);
      if (error !== undefined) {
        const advice = `SIMULATION_SEED=${seed} node dist/test/simulation/simulation.test.js`;
        throw failure(`${error.message}: ${advice}`, await storyOf(seed, equipment));
      }
      sessions += scenario.sessions;
    }
    console.log(`${sessions} sessions were played`);
  });

  test('the same seed plays the same', async () => {
    for (const seed of [3, 5, 8]) {
      const story = await storyOf(seed, equipment);
      assert.ok(story.length > 1000);
      assert.is(await storyOf(seed, equipment), story);
    }
  });
} else {
  test(`the scenario of seed ${SEED}`, async () => {
    const { scenario, error } = await play(Number(SEED), equipment, {
      told: true,
    });
    console.log(scenario.world.story?.join('\n'));
    if (error !== undefined) throw error;
  });
}

test.run();
