import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Claim, fairShares } from './fair-share.js';

const claim = (namespace: string, wanted: number, weight = 1): Claim => ({ namespace, wanted, weight });
const shares = (amount: number, ...claims: Claim[]) => Object.fromEntries(fairShares(amount, claims));

describe('fair shares', () => {
  const cases: readonly [string, number, Claim[], Record<string, number>][] = [
    ['give everybody what is wanted while there is enough', 100, [claim('a', 30), claim('b', 50)], { a: 30, b: 50 }],
    ['are equal when all want more', 100, [claim('a', 80), claim('b', 90)], { a: 50, b: 50 }],
    [
      'leave what one does not want to the others',
      100,
      [claim('a', 10), claim('b', 90), claim('c', 90)],
      { a: 10, b: 45, c: 45 },
    ],
    ['follow the weights', 90, [claim('a', 90, 2), claim('b', 90)], { a: 60, b: 30 }],
    [
      'give one with a small wish no more for its weight',
      90,
      [claim('a', 10, 100), claim('b', 100), claim('c', 100)],
      { a: 10, b: 40, c: 40 },
    ],
    ['are nothing of nothing', 0, [claim('a', 10), claim('b', 0)], { a: 0, b: 0 }],
    ['are nothing for who wants nothing', 10, [claim('a', 0), claim('b', 20)], { a: 0, b: 10 }],
  ];
  it.each(cases)('%s', (_, amount, claims, expected) => expect(shares(amount, ...claims)).toEqual(expected));

  it('are max-min fair: who gets less than wanted gets no less for its weight than anybody else', () => {
    const claims = fc.array(fc.record({ wanted: fc.nat(1000), weight: fc.integer({ min: 1, max: 50 }) }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.nat(3000), claims, (amount, list) => {
        const all = list.map(({ wanted, weight }, index) => claim(`n${index}`, wanted, weight));
        const given = fairShares(amount, all);
        const of = ({ namespace }: Claim) => given.get(namespace) ?? 0;
        const total = all.reduce((sum, one) => sum + of(one), 0);
        expect(total).toBeCloseTo(
          Math.min(
            amount,
            all.reduce((sum, { wanted }) => sum + wanted, 0),
          ),
          6,
        );
        for (const one of all) {
          expect(of(one)).toBeLessThanOrEqual(one.wanted + 1e-9);
          if (of(one) > one.wanted - 1e-6) continue;
          for (const other of all) expect(of(other) / other.weight).toBeLessThanOrEqual(of(one) / one.weight + 1e-6);
        }
      }),
    );
  });
});
