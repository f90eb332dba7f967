/** What a command may touch of the process: everything else it gets as arguments. */
export interface Io {
  /** How the user calls this program: `npx bzzz` in a clone. */
  readonly program: string
  /** Results. */
  readonly out: (text: string) => void
  /** Progress and problems. */
  readonly err: (text: string) => void
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly home: string
  /** Results go to a person. */
  readonly isTerminal: boolean
  /** Progress goes to a person. */
  readonly isErrTerminal: boolean
  /** Fires on the first SIGINT, SIGTERM or SIGHUP. */
  readonly interrupted: AbortSignal
  /** Bytes on standard input. */
  readonly readInput: () => Promise<Uint8Array>
  /** Resolves when standard input ends. */
  readonly inputEnded: () => Promise<void>
  /** Writes bytes of a value as they are. */
  readonly outBytes: (bytes: Uint8Array) => void
}

/** Colour is for people: never into files and pipes, and not where NO_COLOR is set. */
export const usesColour = (io: Pick<Io, 'env' | 'isTerminal'>): boolean =>
  io.isTerminal && (io.env.NO_COLOR ?? '') === '' && io.env.TERM !== 'dumb'
