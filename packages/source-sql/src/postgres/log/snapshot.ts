/** Which transactions a snapshot does not see, as `pg_current_snapshot()` has it, in full 64 bits. */
export interface Snapshot {
  /** All below it are over. */
  readonly xmin: bigint
  /** None from it on had begun. */
  readonly xmax: bigint
  /** Those in between that were in progress. */
  readonly inProgress: ReadonlySet<bigint>
}

/** `728:731:728,729` */
export function parseSnapshot(text: string): Snapshot {
  const [xmin, xmax, list = ''] = text.split(':')
  return {
    xmin: BigInt(xmin!),
    xmax: BigInt(xmax!),
    inProgress: new Set(list === '' ? [] : list.split(',').map(BigInt)),
  }
}

/** Whether a snapshot sees what a transaction wrote. @param xid as a log has it: its low 32 bits. */
export function sees(snapshot: Snapshot, xid: number): boolean {
  const full = fullXid(xid, snapshot.xmax)
  return full < snapshot.xmax && !snapshot.inProgress.has(full)
}

/** The number of a transaction that is within 2^31 of another. */
function fullXid(xid: number, near: bigint): bigint {
  return near + BigInt.asIntN(32, BigInt(xid) - near)
}
