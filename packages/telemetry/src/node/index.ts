export { createLogger, type CreateLoggerOptions, type LogDestination } from './create-logger.js'
export { createExposition, type Exposition, type ExpositionOptions } from './exposition.js'
