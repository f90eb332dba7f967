export type {
  Append,
  AppendOptions,
  Applied,
  ApplyOutcome,
  RangeDigest,
  RecordHead,
  Store,
} from './store.js'
