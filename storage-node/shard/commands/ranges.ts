/** What GETRANGE's inclusive positions, from the end if negative, mean for a value; undefined: nothing of it. */
export function rangeOf(first: number, last: number, valueLength: number): { from: number; to: number } | undefined {
  if (first < 0 && last < 0 && first > last) return undefined;
  const from = Math.max(0, first < 0 ? first + valueLength : first);
  const to = Math.min(valueLength, Math.max(0, last < 0 ? last + valueLength : last) + 1);
  return from < to ? { from, to } : undefined;
}
