/**
 * @typedef {{ name: string, passed: number, failed: number, durationMs: number }} Counts
 *
 * @typedef {object} JestResults what `jest --json` writes, as far as it is used here
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {number} numRuntimeErrorTestSuites suites that failed before any of their tests ran
 */

/**
 * Counts of one suite. A suite that could not be loaded counts as one failure, as does a test that
 * is switched off, and a run that failed although every test in it passed.
 * @type {(results: JestResults, taskPassed: boolean) => { passed: number, failed: number }}
 */
export const countJest = (results, taskPassed) => {
  const passed = results.numPassedTests
  const failed =
    results.numFailedTests +
    results.numRuntimeErrorTestSuites +
    results.numPendingTests +
    results.numTodoTests
  return { passed, failed: failed === 0 && (!taskPassed || passed === 0) ? 1 : failed }
}
