import { expect, test } from 'vitest';
import { PortDealer } from './ports.js';

const dealer = (...taken: number[]) => new PortDealer(async (port) => !taken.includes(port));

test('a default port that is taken gives way to the next free one', async () => {
  expect(await dealer(7400, 7401).one({ port: 7400, exact: false }, '--controller-port')).toBe(7402);
});

test('a port that was asked for and is taken is refused, with the option named', async () => {
  await expect(dealer(7400).one({ port: 7400, exact: true }, '--controller-port')).rejects.toThrow(
    /7400 is taken.*--controller-port/,
  );
});

test('0 stays 0', async () => {
  expect(await dealer().one({ port: 0, exact: true }, '--faas-port')).toBe(0);
  expect(await dealer().run(0, 4)).toBe(0);
});

test('runs are adjacent, skip taken ports and never overlap', async () => {
  const ports = dealer(7501, 7506);
  expect([await ports.run(7500, 2), await ports.run(7500, 2), await ports.run(7500, 1)]).toEqual([7502, 7504, 7500]);
});

test('a range that is used up is an error', async () => {
  await expect(dealer(65_535).run(65_534, 2)).rejects.toThrow('no 2 adjacent free ports from 65534');
});
