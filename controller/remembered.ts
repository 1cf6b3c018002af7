/**
 * A pure function that is worked out once for inputs whose JSON text is the same, of which the last `most` or fewer are kept. The results are
 * shared: nobody may change them.
 */
export function remembered<Input, Result>(most: number, compute: (input: Input) => Result): (input: Input) => Result {
  const results = new Map<string, { readonly result: Result }>();
  return (input) => {
    const key = JSON.stringify(input);
    const known = results.get(key);
    if (known !== undefined) return known.result;
    if (results.size >= most) results.clear();
    const result = compute(input);
    results.set(key, { result });
    return result;
  };
}
