import { defineErrors, type BzzzError } from '@bzzz/base'
import { formatProblem, type Problem } from './problem.js'

/** Error codes of this package. */
export const configError = defineErrors({
  CONFIG_INVALID: {
    verdict: 'answered',
    http: 400,
    meaning: 'The file, the environment or the command line holds settings that cannot be used.',
    remedy: 'Correct each place that the message lists; `bzzz config explain` shows every field.',
  },
  CONFIG_FILE_UNREADABLE: {
    verdict: 'answered',
    http: 400,
    meaning: 'The configuration file is missing, too large, not UTF-8 or not permitted to be read.',
    remedy: 'Check the path given by --config or BZZZ_CONFIG_FILE.',
  },
})

/** More would not be read; a hostile file must not make a message of megabytes. */
export const PROBLEMS_MAX = 50

/** One `CONFIG_INVALID` for all problems; `details.problems` holds at most {@link PROBLEMS_MAX}. */
export const invalidConfig = (all: readonly Problem[]): BzzzError => {
  const problems = all.slice(0, PROBLEMS_MAX)
  const lines = problems.map((problem) => `  ${formatProblem(problem)}`)
  if (all.length > problems.length) lines.push(`  and ${all.length - problems.length} more`)
  const count = all.length === 1 ? 'one problem' : `${all.length} problems`
  return configError('CONFIG_INVALID', `the configuration has ${count}:\n${lines.join('\n')}`, {
    details: { problems, total: all.length },
  })
}
