/** An alert that is on. */
export interface ActiveAlert {
  readonly name: string
  readonly severity: string
  readonly summary: string
  readonly remedy: string
  /** Wall milliseconds. */
  readonly sinceMs: number
}
