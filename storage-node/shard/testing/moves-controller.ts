import type { JobConfiguration } from '../../job-configuration.js';
import { SlotMoves } from './slot-moves.js';
import type { TestFleet } from './test-fleet.js';

/** Tells the shards of a fleet of what a controller decides, each in its own time. */
export class MovesController {
  readonly moves = new SlotMoves('job', [{ start: 0, shard: 1 }]);
  readonly #fleet: TestFleet;
  readonly #underWay: Promise<void>[] = [];

  constructor(fleet: TestFleet) {
    this.#fleet = fleet;
    for (const shard of fleet.shards) shard.configure(this.moves.configuration);
  }

  tell(configuration: JobConfiguration, delaysMs: readonly number[]): void {
    for (const [index, shard] of this.#fleet.shards.entries()) {
      const told = new Promise<void>((resolve) => setTimeout(resolve, delaysMs[index])).then(() =>
        shard.configure(configuration),
      );
      this.#underWay.push(told);
    }
  }

  /** Hears which slots are empty, and says so to all. */
  listen(delaysMs: readonly number[]): void {
    const said = this.#fleet.shards.flatMap(({ shard, emptied }) => emptied.splice(0).map((what) => ({ shard, ...what })));
    for (const { shard, epoch, spans } of said) {
      this.tell(this.moves.emptied(shard, epoch, spans), delaysMs);
    }
  }

  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }
}
