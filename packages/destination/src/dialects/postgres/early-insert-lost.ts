/** Thrown inside a transaction that continues an `EarlyInsert` and may not keep its rows: the work is done again without it. */
export class EarlyInsertLost extends Error {}
