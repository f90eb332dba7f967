import type { BzzzError } from '@bzzz/base'
import type { z } from 'zod'
import { apiError } from './errors.js'

/** A request with a hundred mistakes is told of the first few. */
const ISSUES_MAX = 8

/** How the caller knows the fields, where it does not by their names in the schema. */
export type FieldNames = Readonly<Record<string, string>>

const sentence = ({ path, message }: z.core.$ZodIssue, names: FieldNames): string => {
  const [field, ...rest] = path
  if (field === undefined) return message
  return `${[names[String(field)] ?? field, ...rest].join('.')}: ${message}`
}

/** What zod found, as an error of ours. Values of the request are not repeated. */
export const invalid = (
  code: 'API_REQUEST_INVALID' | 'API_RESPONSE_INVALID',
  error: z.core.$ZodError,
  names: FieldNames = {},
): BzzzError => {
  const problems = error.issues
    .slice(0, ISSUES_MAX)
    .map((issue) => sentence(issue, names).slice(0, 300))
  return apiError(code, problems.join('; '), { details: { problems } })
}
