/** A code block of a guide, with what it takes to follow it. */
export interface Block {
  /** Heading that it stands under. */
  readonly section: string
  readonly language: string
  readonly text: string
  /** To be done on one node, and not on each. */
  readonly isOnOne: boolean
}

const FENCE = /^```(\w*)$/
const ON_ONE = '<!-- on one node -->'

/** The code blocks of a guide in Markdown, in their order. */
export const blocksOf = (markdown: string): Block[] => {
  const blocks: Block[] = []
  let section = ''
  let isOnOne = false
  let open: { readonly language: string; readonly lines: string[] } | undefined
  for (const line of markdown.split('\n')) {
    const language = FENCE.exec(line)?.[1]
    if (open !== undefined && language === '') {
      blocks.push({ section, language: open.language, text: open.lines.join('\n'), isOnOne })
      open = undefined
      isOnOne = false
    } else if (open !== undefined) open.lines.push(line)
    else if (language !== undefined) open = { language, lines: [] }
    else if (line.startsWith('## ')) section = line.slice(3)
    else if (line.trim() === ON_ONE) isOnOne = true
  }
  if (open !== undefined) throw new Error(`a block of ${section} has no end`)
  return blocks
}
