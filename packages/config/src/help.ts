import type { Fields, FieldTable, NamedField } from './field.js'

/** One flag of the command line, for a command-line parser. */
export interface Flag {
  /** Without dashes. */
  readonly name: string
  /** Stands for the value: `<number>`, or `[true|false]` where a flag alone means true. */
  readonly argument: string
  readonly help: string
  readonly path: string
}

const isBoolean = (field: NamedField): boolean => field.type.name === 'true|false'

/** The default as a user would write it. */
export const defaultText = (field: NamedField): string => {
  if (field.default === undefined) return field.defaultDoc ?? ''
  const text = field.type.format(field.default)
  return text === '' ? (field.defaultDoc ?? 'none') : text
}

/** Flags of the fields that something reads, in the order of the table; a few ways of stating others have none. */
export const flagsOf = <F extends Fields>(table: FieldTable<F>): readonly Flag[] =>
  table.named
    .filter(({ reserved, selects, isOffered }) => reserved === undefined && (!selects || isOffered))
    .map((field) => ({
      name: field.flag,
      path: field.path,
      argument: isBoolean(field) ? '[true|false]' : `<${field.type.name}>`,
      help: `${field.doc} (default: ${defaultText(field)}; ${field.env})`,
    }))

const wrap = (text: string, width: number, indent: string): string => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  return lines.map((each) => indent + each).join('\n')
}

/** What `--help` prints about settings: every flag with its variable, default and meaning. */
export const helpText = <F extends Fields>(table: FieldTable<F>, width = 80): string =>
  flagsOf(table)
    .map((flag) => `  --${flag.name} ${flag.argument}\n${wrap(flag.help, width - 6, '      ')}`)
    .join('\n')
