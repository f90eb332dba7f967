import { compareVersions, type Version } from '@bzzz/base'

/** Locks that are remembered; each lasts a second at most. */
const LOCKS_MAX = 1024

interface Confirmation {
  /** The version that the holder of the lock was told; undefined for none. */
  readonly version: Version | undefined
  /** What was committed while it held the lock, with what each replaced. */
  readonly commits: { readonly version: Version; readonly replaced: Version | undefined }[]
}

const isSame = (a: Version | undefined, b: Version | undefined): boolean =>
  a === undefined || b === undefined ? a === b : compareVersions(a, b) === 0

/** What a replica has confirmed to the holders of locks, and what came right after it. */
export class Confirmed {
  readonly #byToken = new Map<string, Confirmation>()

  /** Once for each token: a request that arrives again tells nothing new. */
  confirm(token: string, version: Version | undefined): void {
    if (this.#byToken.has(token)) return
    this.#byToken.set(token, { version, commits: [] })
    if (this.#byToken.size <= LOCKS_MAX) return
    for (const oldest of this.#byToken.keys()) {
      this.#byToken.delete(oldest)
      break
    }
  }

  committed(token: string, version: Version, replaced: Version | undefined): void {
    this.#byToken.get(token)?.commits.push({ version, replaced })
  }

  isNext(token: string, version: Version): boolean {
    const confirmation = this.#byToken.get(token)
    const commit = confirmation?.commits.find((one) => isSame(one.version, version))
    return commit !== undefined && isSame(commit.replaced, confirmation?.version)
  }
}
