/** What nodes have and jobs take: cores, bytes per second, bytes of DRAM, bytes of SSD. */
export const dimensions = ['cpu', 'network', 'dram', 'ssd'] as const;
export type Dimension = (typeof dimensions)[number];
export type Amounts = Readonly<Record<Dimension, number>>;

export const noAmounts: Amounts = { cpu: 0, network: 0, dram: 0, ssd: 0 };

/** Dimension by dimension. */
export function combine(a: Amounts, b: Amounts, operation: (a: number, b: number) => number): Amounts {
  return {
    cpu: operation(a.cpu, b.cpu),
    network: operation(a.network, b.network),
    dram: operation(a.dram, b.dram),
    ssd: operation(a.ssd, b.ssd),
  };
}

export function sumAmounts(amounts: Iterable<Amounts>): Amounts {
  const sum = { ...noAmounts };
  for (const { cpu, network, dram, ssd } of amounts) {
    sum.cpu += cpu;
    sum.network += network;
    sum.dram += dram;
    sum.ssd += ssd;
  }
  return sum;
}

/** The greater of the two in each dimension. */
export const greater = (a: Amounts, b: Amounts): Amounts => combine(a, b, Math.max);

export const timesAmounts = (amounts: Amounts, factor: number): Amounts => combine(amounts, amounts, (value) => value * factor);

/** Part of the capacity that is taken, dimension by dimension. Taking nothing of nothing is 0, something of nothing infinite. */
export function utilisation(taken: Amounts, capacity: Amounts): Amounts {
  return combine(taken, capacity, (a, b) => (a <= 0 ? 0 : b <= 0 ? Number.POSITIVE_INFINITY : a / b));
}

/** The dimension of which most is taken. */
export function fullest(parts: Amounts): { readonly dimension: Dimension; readonly part: number } {
  let dimension: Dimension = 'dram';
  for (const other of dimensions) if (parts[other] > parts[dimension]) dimension = other;
  return { dimension, part: parts[dimension] };
}
