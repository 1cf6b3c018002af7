/** Where an object's bytes are, fastest first. */
export const tiers = ['dram', 'ssd', 'object'] as const;
export type Tier = (typeof tiers)[number];

/** Whether a word names a tier. */
export function isTier(word: string): word is Tier {
  return (tiers as readonly string[]).includes(word);
}

/** Keys that begin with this are the namespace's persisted objects. */
export const persistPrefix = '@persist/';
