/** How far a comparison is. */
export interface VerifyProgress {
  /** Windows that are compared, of how many. */
  readonly done: number
  readonly of: number
  /** Rows that the source has given so far; a window that is compared twice counts twice. */
  readonly rows: number
}

/** Options of `verify`. */
export interface VerifyOptions {
  readonly table: string
  /** Cursor values as text; absent: all that is covered. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly partition?: string | undefined
  /** Only a share of the windows is compared. */
  readonly sample?: { readonly share: number; readonly seed: number } | undefined
  /** Windows that differ are read again through the ordinary commit, and compared once more. */
  readonly repair?: boolean | undefined
  /** The most keys to report. */
  readonly keys?: number | undefined
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined
}
