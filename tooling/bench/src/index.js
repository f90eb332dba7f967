export { machine, section } from './section.js'
export { interleave, percentile, summarize, table } from './stats.js'
