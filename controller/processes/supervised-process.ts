import { SatchelError } from '@satchel/proto/core';
import { type Ending, LaunchedProcess, type LaunchHooks, type ProcessPlan } from './launched-process.js';
import type { ChildRecord } from './owner.js';
import { identify } from './process-identity.js';
import { decideRestart } from './restarts.js';

export interface SuperviseHooks extends LaunchHooks {
  /** A process was started. */
  readonly onSpawn: (child: ChildRecord) => void;
  /** It died and is started again, is back, or left for good; one line for people. */
  readonly onNotice: (text: string) => void;
  /** It keeps dying and is not started again. */
  readonly onGiveUp: (error: SatchelError) => void;
  /** It said that it ends for good, and did. */
  readonly onLeft?: () => void;
}

type State =
  | { readonly kind: 'new' }
  | { readonly kind: 'alive'; readonly process: LaunchedProcess }
  | { readonly kind: 'waiting'; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'stopped' };

/** One part of a cluster, started again when it dies, until it is stopped, leaves or keeps dying. */
export class SupervisedProcess {
  readonly name: string;
  #plan: ProcessPlan;
  #state: State = { kind: 'new' };
  #killed = false;
  readonly #hooks: SuperviseHooks;
  readonly #deathsMs: number[] = [];

  constructor(plan: ProcessPlan, hooks: SuperviseHooks) {
    this.name = plan.name;
    this.#plan = plan;
    this.#hooks = hooks;
  }

  /** Starts it and returns its ready document; a first start that fails rejects and is not repeated. */
  async start(): Promise<Record<string, unknown>> {
    const process = this.#launch();
    const ready = await process.ready;
    process.ended.then((ending) => this.#died(process, ending));
    return ready;
  }

  /** Arguments of later starts, such as the port that the first one chose. */
  restartWith(arguments_: readonly string[]): void {
    this.#plan = { ...this.#plan, arguments: arguments_ };
  }

  /** Stops it for good; what does not stop within `boundMs` is killed. */
  async stop(boundMs: number): Promise<void> {
    const state = this.#state;
    this.#state = { kind: 'stopped' };
    if (state.kind === 'waiting') clearTimeout(state.timer);
    if (state.kind === 'alive') await state.process.stop(boundMs);
  }

  /** Kills it for good; `stop` still waits for its end. */
  kill(): void {
    this.#killed = true;
    if (this.#state.kind === 'alive') this.#state.process.kill();
  }

  #launch(): LaunchedProcess {
    const process = new LaunchedProcess(this.#plan, this.#hooks);
    this.#state = { kind: 'alive', process };
    const identity = process.pid === undefined ? undefined : identify(process.pid);
    if (identity) this.#hooks.onSpawn({ ...identity, name: this.name, main: this.#plan.main });
    return process;
  }

  #died(process: LaunchedProcess, { how, left }: Ending): void {
    if (this.#state.kind !== 'alive' || this.#state.process !== process) return;
    // Descendants that outlive it would hold its ports and files.
    process.kill();
    if (this.#killed) {
      this.#state = { kind: 'stopped' };
      return;
    }
    this.#deathsMs.push(performance.now());
    const decision = decideRestart(this.#deathsMs, left);
    if (decision.kind === 'let-go') {
      this.#state = { kind: 'stopped' };
      this.#hooks.onNotice(`${this.name} was drained and has left`);
      this.#hooks.onLeft?.();
      return;
    }
    if (decision.kind === 'give-up') {
      this.#state = { kind: 'stopped' };
      this.#hooks.onGiveUp(new SatchelError('unavailable', `${this.name} keeps dying; it ${how}`));
      return;
    }
    this.#hooks.onNotice(`${this.name} ${how}; starting it again`);
    this.#state = { kind: 'waiting', timer: setTimeout(() => this.#restart(), decision.delayMs) };
  }

  #restart(): void {
    if (this.#killed) return;
    const process = this.#launch();
    process.ready.then(
      () => this.#hooks.onNotice(`${this.name} is back`),
      (error: Error) => this.#hooks.onNotice(error.message),
    );
    process.ended.then((ending) => this.#died(process, ending));
  }
}
