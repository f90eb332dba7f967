/** One open file. Writes append; nothing is durable before `sync` resolves. */
export interface DiskFile {
  /** Bytes in the file, including those not yet synced. */
  readonly size: number
  append(bytes: Uint8Array): Promise<void>
  /** Up to `length` bytes from `offset`; fewer at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>
  sync(): Promise<void>
  truncate(size: number): Promise<void>
  close(): Promise<void>
}

/**
 * One directory of files: what the store needs of a disk, and no more. Implemented by the file
 * system and by the simulated disk, which loses what was not synced and can be full.
 */
export interface Disk {
  /** Names of the files, in no order. */
  list(): Promise<string[]>
  /** Opens for reading and appending; creates the file when it is missing and `create` is set. */
  open(name: string, options?: { readonly create?: boolean }): Promise<DiskFile>
  /** The whole file, or undefined when there is none. */
  readFile(name: string): Promise<Uint8Array | undefined>
  rename(from: string, to: string): Promise<void>
  remove(name: string): Promise<void>
  /** Makes creations, renames and removals durable. */
  syncDirectory(): Promise<void>
}
