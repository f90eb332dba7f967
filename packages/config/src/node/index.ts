export { defaultDataDirectory } from './data-directory.js'
export { configPath, readConfig, type ReadConfigOptions } from './read-config.js'
export { ConfigWatch, watchConfig, type WatchConfigOptions } from './watch-config.js'
