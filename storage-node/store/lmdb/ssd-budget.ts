import { assert } from '@satchel/proto/core';
import { type Reservation, Reservations } from '../reservations.js';

/** What an ssd store charges its objects to. */
export interface SsdAccount {
  /** Whether `bytes` more would be within the budget; fewer always are. */
  fits(bytes: number): boolean;
  /** Counts bytes as used, also beyond the budget: recovered data is what it is. */
  add(bytes: number): void;
  release(bytes: number): void;
}

/** The bytes of SSD that all jobs of a shard may charge together. */
export class SsdBudget implements SsdAccount {
  readonly budgetBytes: number;
  /** What jobs have reserved. */
  readonly reservations = new Reservations();
  #usedBytes = 0;

  constructor(options: { readonly budgetBytes: number }) {
    this.budgetBytes = options.budgetBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Bytes that are reserved and that others hold: what has to go before all who reserved have their part. */
  get missingBytes(): number {
    return Math.max(0, this.reservations.promisedBytes - (this.budgetBytes - this.#usedBytes));
  }

  /** One job's part. */
  open(): JobSsdBudget {
    return new JobSsdBudget(this, this.reservations.open());
  }

  fits(bytes: number): boolean {
    return bytes <= 0 || this.#usedBytes + bytes <= this.budgetBytes;
  }

  add(bytes: number): void {
    this.#usedBytes += bytes;
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes;
    assert(this.#usedBytes >= 0, 'a shard releases no more of its ssd budget than was used');
  }
}

/** What one job may charge: what it reserved, and what nobody did. */
export class JobSsdBudget implements SsdAccount {
  readonly #budget: SsdBudget;
  readonly #reservation: Reservation;

  /** Opened by {@link SsdBudget.open}. */
  constructor(budget: SsdBudget, reservation: Reservation) {
    this.#budget = budget;
    this.#reservation = reservation;
  }

  get share(): Reservation {
    return this.#reservation;
  }

  /** Keeps so many bytes for this job, what it uses included; at first none. */
  setReservedBytes(bytes: number): void {
    this.#reservation.resize(bytes);
  }

  fits(bytes: number): boolean {
    return bytes <= 0 || bytes <= this.#reservation.availableOf(this.#budget.budgetBytes - this.#budget.usedBytes);
  }

  add(bytes: number): void {
    this.#budget.add(bytes);
    this.#reservation.hold(bytes);
  }

  release(bytes: number): void {
    this.#budget.release(bytes);
    this.#reservation.hold(-bytes);
  }
}
