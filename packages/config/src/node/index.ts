export { defaultDataDirectory } from './data-directory.js'
export { readConfig, type ReadConfigOptions } from './read-config.js'
