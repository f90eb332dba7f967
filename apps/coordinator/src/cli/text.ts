import { usesColour, type Io } from './io.js'

const escaped = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/**
 * Text of a peer or of a record as a terminal may show it: control characters would move the
 * cursor, rename the window or hide lines. Line ends and tabs stay.
 */
export const printable = (text: string): string =>
  text.replaceAll(/(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, escaped)

/** The same for a text that is part of a line: a line end in it would forge the next line. */
export const printableLine = (text: string): string =>
  printable(text).replaceAll(/[\n\t]/g, escaped)

/** Columns of equal width, two spaces apart. The first row is the head. Cells may come from anywhere. */
export const table = (unsafeRows: readonly (readonly string[])[]): string => {
  const rows = unsafeRows.map((row) => row.map(printableLine))
  const widths: number[] = []
  for (const row of rows)
    row.forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, cell.length)
    })
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** `850 ms`, `2.4 s`, `3 min 5 s`, `2 h 10 min`, `4 d 3 h`. */
export const duration = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const seconds = ms / 1_000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const whole = Math.floor(seconds)
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  if (whole < 86_400)
    return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3_600)} h`
}

/** `512 B`, `1.5 KiB`, `3.0 MiB`. */
export const bytes = (count: number): string => {
  if (count < 1_024) return `${count} B`
  const kib = count / 1_024
  return kib < 1_024 ? `${kib.toFixed(1)} KiB` : `${(kib / 1_024).toFixed(1)} MiB`
}

type Paint = (text: string) => string

/** Colours, or the plain text where nobody would see them. */
export const palette = (
  io: Pick<Io, 'env' | 'isTerminal'>,
): {
  readonly good: Paint
  readonly bad: Paint
  readonly warn: Paint
  readonly faint: Paint
  readonly bold: Paint
} => {
  const isOn = usesColour(io)
  const paint =
    (open: number, close: number): Paint =>
    (text) =>
      isOn ? `\u001B[${open}m${text}\u001B[${close}m` : text
  return {
    good: paint(32, 39),
    bad: paint(31, 39),
    warn: paint(33, 39),
    faint: paint(2, 22),
    bold: paint(1, 22),
  }
}
