export { lockDirectory, type Unlock } from './directory-lock.js'
export { FileStore, openFileStore, type FileStoreOptions } from './file-store.js'
export { NodeDisk } from './node-disk.js'
