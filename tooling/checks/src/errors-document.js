/** @typedef {import('./error-tables.js').ErrorCode} ErrorCode */

const head = `# Error codes

Written by \`pnpm docs:errors\` from the \`defineErrors\` tables; do not edit. Tell errors apart by \`code\`, never by
\`instanceof\`. The verdict says what an error means for the side that raised it: \`unavailable\` (it could not answer; another
side may be asked) or \`answered\` (it did, and the answer is no).
`

/** @type {(text: string | undefined) => string} */
const cell = (text) => (text ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ')

/** @type {(codes: ErrorCode[]) => string} */
export const errorsDocument = (codes) => {
  const owners = [...new Set(codes.map(({ owner }) => owner))].toSorted()
  const sections = owners.map((owner) => {
    const rows = codes
      .filter((one) => one.owner === owner)
      .toSorted((a, b) => (a.code < b.code ? -1 : 1))
      .map(({ code, fields }) => {
        const { verdict, http, meaning, remedy } = fields
        return `| \`${code}\` | ${cell(verdict)} | ${cell(http)} | ${cell(meaning)} | ${cell(remedy)} |`
      })
    return `\n## \`${owner}\`\n\n| code | verdict | HTTP | meaning | what to do |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`
  })
  return head + sections.join('')
}

/** @type {(document: string) => string[]} */
export const documentedCodes = (document) =>
  [...document.matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].flatMap(([, code]) => code ?? [])

/**
 * One code may stand in several tables (two transports raise the same errors), but then it means
 * the same to a breaker and to HTTP.
 * @type {(codes: ErrorCode[]) => string[]}
 */
const disagreements = (codes) =>
  codes.flatMap(({ code, owner, fields }) => {
    const first = codes.find((one) => one.code === code)
    return first !== undefined &&
      (first.fields['verdict'] !== fields['verdict'] || first.fields['http'] !== fields['http'])
      ? [`${code} has another verdict or status in ${owner} than in ${first.owner}`]
      : []
  })

/**
 * Compares both ways: a code that is not documented, a documented code that does not exist, a
 * text that differs.
 * @type {(codes: ErrorCode[], document: string) => string[]}
 */
export const errorsDocumentProblems = (codes, document) => {
  const known = codes.map(({ code }) => code)
  const documented = documentedCodes(document)
  const different = [
    ...disagreements(codes),
    ...known
      .filter((code) => !documented.includes(code))
      .map((code) => `${code} is not in docs/errors.md (run "pnpm docs:errors")`),
    ...documented
      .filter((code) => !known.includes(code))
      .map((code) => `docs/errors.md documents ${code}, which no table has`),
    ...codes
      .filter(({ code }) => !/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(code))
      .map(({ code }) => `${code} is not written like DHT_KEY_INVALID`),
  ]
  return different.length === 0 && document !== errorsDocument(codes)
    ? ['docs/errors.md differs from the tables (run "pnpm docs:errors")']
    : different
}
