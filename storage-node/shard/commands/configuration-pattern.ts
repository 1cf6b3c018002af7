/** A CONFIG GET pattern, with `*` and `?`, as a regular expression over the whole name in any case. */
export function globPattern(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll(/\*+/g, '.*').replaceAll('?', '.')}$`, 'i');
}
