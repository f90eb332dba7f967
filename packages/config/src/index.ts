export { coordinatorFields, type CoordinatorConfig } from './coordinator-fields.js'
export { changesOf, reloadInto, type FieldChange, type Reload } from './reload.js'
export { docsMarkdown } from './docs.js'
export { configError, PROBLEMS_MAX } from './errors.js'
export { explain, formatExplained, type Explained } from './explain.js'
export {
  defineFields,
  envNameOf,
  field,
  flagNameOf,
  type Agreement,
  type ConfigOf,
  type Field,
  type Fields,
  type FieldTable,
  type NamedField,
  type Selection,
  type Selector,
  type SelectorLayer,
  type StatementRef,
  type TableOptions,
} from './field.js'
export { flagsOf, helpText, type Flag } from './help.js'
export { loadConfig, type Loaded, type Notice, type Origin, type Sources } from './load.js'
export {
  formatPlace,
  formatProblem,
  type Place,
  type Problem,
  type ProblemKind,
} from './problem.js'
export { spyConfig, type ConfigSpy } from './spy.js'
export type { Environment, Overrides } from './text-sources.js'
export { bootstrapNodeType, endpointType, type BootstrapNode } from './types/bootstrap-node.js'
export { booleanType } from './types/boolean.js'
export { byteSizeType, type ByteSizeOptions } from './types/byte-size.js'
export { durationType, millisecondsType, type DurationOptions } from './types/duration.js'
export { formatHostPort, hostType, originType, parseHostPort, type HostPort } from './types/host.js'
export { integerType, type IntegerOptions } from './types/integer.js'
export { listType, type ListOptions } from './types/list.js'
export { multiaddrType, peerIdType } from './types/multiaddr.js'
export { choiceType, pathType } from './types/text.js'
export type { Parsed, ValueType } from './value-type.js'
export { ALIASES_MAX, FILE_BYTES_MAX, type YamlText } from './yaml-document.js'
