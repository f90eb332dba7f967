import { messageOf, Service } from '@bzzz/base'
import type { AuditEntry, AuditSink } from '@bzzz/telemetry'
import { openAuditFile, type AuditFile } from '@bzzz/telemetry/node'
import type { Log } from '../log.js'

/**
 * The audit file of a node. One that cannot be opened keeps no record from being served; it keeps
 * operators from changing anything, as nothing would tell of it.
 */
export class AuditService extends Service implements AuditSink {
  readonly #path: string
  readonly #log: Log
  /** What happened before the start: the file may only be touched under the lock. */
  readonly #early: AuditEntry[] = []
  #file: AuditFile | undefined

  constructor(path: string, log: Log) {
    super('the audit file')
    this.#path = path
    this.#log = log
  }

  /** Rejects when the entry may not outlast the process. */
  async append(entry: AuditEntry): Promise<void> {
    this.assertStarted()
    this.#file ??= await openAuditFile(this.#path)
    await this.#file.append(entry)
  }

  /** For what an operator did not do just now: written down with the start, or at once. */
  note(entry: AuditEntry): void {
    if (!this.isStarted) this.#early.push(entry)
    else
      this.append(entry).catch((error: unknown) => {
        this.#log.error('an entry of the audit file was lost', { error: messageOf(error) })
      })
  }

  protected async onStart(): Promise<void> {
    try {
      this.#file = await openAuditFile(this.#path)
      for (const entry of this.#early.splice(0)) await this.#file.append(entry)
    } catch (error) {
      this.#log.error('the audit file cannot be used: modes and drills cannot be changed', {
        error: messageOf(error),
      })
    }
  }

  protected async onStop(): Promise<void> {
    await this.#file?.close()
  }
}
