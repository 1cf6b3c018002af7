/** Why a connection's commands are held back; bits, as several may apply. */
export const hold = {
  /** An asynchronous command is under way. */
  command: 1,
  /** Too many commands are under way on other shards. */
  forwards: 2,
  /** The reader is slow. */
  output: 4,
  /** Others have their turn. */
  turn: 8,
  /** Slots of its job have moved: commands under way to where they were come first. */
  rerouting: 16,
} as const;
