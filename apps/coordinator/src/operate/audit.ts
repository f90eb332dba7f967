import type { Clock } from '@bzzz/base'
import type { AuditedAction, AuditSink } from '@bzzz/telemetry'

/** Writes down what operators do, before it takes effect. */
export class Audit {
  readonly #sink: AuditSink
  readonly #clock: Clock

  constructor(sink: AuditSink, clock: Clock) {
    this.#sink = sink
    this.#clock = clock
  }

  /** Rejects when the entry cannot be written: then the action must not be done. */
  async action(
    actor: string,
    component: string,
    action: string,
    detail: AuditedAction['detail'],
  ): Promise<void> {
    await this.#sink.append({
      kind: 'action',
      atMs: this.#clock.nowMs(),
      actor,
      component,
      action,
      detail,
    })
  }
}
