import { expect, test } from 'vitest';
import { SsdBudget } from './ssd-budget.js';

test('what a job reserved on ssd stays free for it, and beyond it the job takes what is free', () => {
  const budget = new SsdBudget({ budgetBytes: 1000 });
  const [reserving, other] = [budget.open(), budget.open()];
  reserving.setReservedBytes(400);
  expect([other.fits(600), other.fits(601), reserving.fits(1000), reserving.fits(1001)]).toEqual([true, false, true, false]);
  other.add(600);
  expect([other.fits(1), reserving.fits(400), reserving.fits(401)]).toEqual([false, true, false]);
  reserving.add(300);
  expect([other.fits(1), reserving.fits(100)]).toEqual([false, true]);
  other.release(200);
  expect([other.fits(200), other.fits(201), reserving.fits(300)]).toEqual([true, false, true]);
});

test('what is recovered counts although it is beyond the budget, and fewer bytes always fit', () => {
  const budget = new SsdBudget({ budgetBytes: 100 });
  const job = budget.open();
  job.add(150);
  expect([job.fits(-10), job.fits(0), job.fits(1), budget.fits(1)]).toEqual([true, true, false, false]);
});

test('a job that ends leaves no reservation behind, and the total of the controller counts for jobs that are not open', () => {
  const budget = new SsdBudget({ budgetBytes: 100 });
  const [reserving, other] = [budget.open(), budget.open()];
  reserving.setReservedBytes(80);
  reserving.add(30);
  reserving.setReservedBytes(0);
  expect(other.fits(70)).toBe(true);
  budget.reservations.setTotal(50);
  expect([other.fits(20), other.fits(21)]).toEqual([true, false]);
});
