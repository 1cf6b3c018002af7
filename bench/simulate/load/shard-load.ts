/** One shard and what all jobs together hold on it in the present step. */
export class ShardLoad {
  readonly shard: number;
  readonly node: string;
  readonly dramCapacityBytes: number;
  readonly ssdCapacityBytes: number;
  up = true;
  dramBytes = 0;
  ssdBytes = 0;
  bytesPerSecond = 0;
  /** Cumulative, as a node reports them. */
  bytesIn = 0;
  bytesOut = 0;
  /** Of the step: memory that is reserved, used or not, and what is wanted besides. */
  reserved = 0;
  wantedDram = 0;
  wantedSsd = 0;

  constructor(shard: number, node: string, dramCapacityBytes: number, ssdCapacityBytes: number) {
    this.shard = shard;
    this.node = node;
    this.dramCapacityBytes = dramCapacityBytes;
    this.ssdCapacityBytes = ssdCapacityBytes;
  }

  begin(): void {
    this.dramBytes = 0;
    this.ssdBytes = 0;
    this.bytesPerSecond = 0;
    this.reserved = 0;
    this.wantedDram = 0;
    this.wantedSsd = 0;
  }

  /** Part of what is wanted beyond reservations that finds room in memory: nobody is lent what others have reserved. */
  get dramPart(): number {
    const room = Math.max(0, this.dramCapacityBytes - this.reserved);
    return this.wantedDram <= room ? 1 : room / this.wantedDram;
  }

  get ssdPart(): number {
    return this.wantedSsd <= this.ssdCapacityBytes ? 1 : this.ssdCapacityBytes / this.wantedSsd;
  }
}
