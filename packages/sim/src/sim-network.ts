import type { RequestOptions } from '@bzzz/base'
import { Endpoint } from './endpoint.js'
import { exchange, type Work } from './exchange.js'
import type { Ground } from './ground.js'
import { DEFAULT_LINK, Link, type LinkModel } from './link-model.js'
import { PeerWatch, type WatchOptions } from './peer-watch.js'
import { ProcessGate } from './process-gate.js'
import { SimTransport } from './sim-transport.js'

export interface SimNetworkOptions extends Partial<WatchOptions> {
  /** Every link, until {@link SimNetwork.setLink} changes one. Default: a quiet LAN. */
  readonly link?: Partial<LinkModel>
  /** Largest request and largest answer, bytes. Default: those of a real host, 1 MiB + 64 KiB. */
  readonly messageBytesMax?: number
}

const MESSAGE_BYTES_MAX = 1024 * 1024 + 64 * 1024

/** Messages so far. */
export interface NetworkCounts {
  sent: number
  delivered: number
  lost: number
  duplicated: number
}

/**
 * The network of a simulated world. Peers that were made here know each other; what lies between
 * any two, in each direction, can be slow, lossy, cut, or all of that.
 */
export class SimNetwork {
  readonly ground: Ground
  readonly messageBytesMax: number
  readonly counts: NetworkCounts = { sent: 0, delivered: 0, lost: 0, duplicated: 0 }
  readonly #endpoints = new Map<string, Endpoint>()
  readonly #links = new Map<string, Map<string, Link>>()
  readonly #watch: PeerWatch
  #model: LinkModel

  constructor(ground: Ground, options: SimNetworkOptions = {}) {
    const { link, heartbeatMs = 50, suspectAfterMs = 200, redialMs = 100 } = options
    this.ground = ground
    this.messageBytesMax = options.messageBytesMax ?? MESSAGE_BYTES_MAX
    this.#model = { ...DEFAULT_LINK, ...link }
    this.#watch = new PeerWatch(ground, { heartbeatMs, suspectAfterMs, redialMs })
  }

  /**
   * A peer's transport. Calling it again for the same peer is a restart: the previous process, if
   * it still lives, is killed.
   */
  transport(peerId: string, gate: ProcessGate = new ProcessGate()): SimTransport {
    this.#endpoints.get(peerId)?.gate.kill()
    const endpoint = new Endpoint(peerId, gate)
    this.#endpoints.set(peerId, endpoint)
    gate.onChange((state) => {
      if (state === 'dead') this.#breakConnections(endpoint)
      if (this.#endpoints.get(peerId) === endpoint) this.#reconsider(peerId)
    })
    this.#reconsider(peerId)
    return new SimTransport(this, endpoint)
  }

  get peerIds(): string[] {
    return [...this.#endpoints.keys()]
  }

  /** Replaces parts of the model of one direction. */
  setLink(from: string, to: string, model: Partial<LinkModel>): void {
    const link = this.#link(from, to)
    link.model = { ...link.model, ...model }
    this.#reconsider(from)
  }

  /** Replaces parts of the model of every link, now and later. */
  setLinks(model: Partial<LinkModel>): void {
    this.#model = { ...this.#model, ...model }
    for (const row of this.#links.values())
      for (const link of row.values()) link.model = { ...link.model, ...model }
    for (const peerId of this.peerIds) this.#reconsider(peerId)
  }

  /** Nothing passes from one peer to the other; the other direction stays as it is. */
  cut(from: string, to: string): void {
    this.#link(from, to).isCut = true
    this.#reconsider(from)
  }

  /** Nothing passes between peers of different groups. Peers that are not named form one more. */
  partition(...groups: readonly (readonly string[])[]): void {
    const groupOf = (peerId: string): number => groups.findIndex((group) => group.includes(peerId))
    for (const a of this.peerIds)
      for (const b of this.peerIds)
        if (a !== b && groupOf(a) !== groupOf(b)) this.#link(a, b).isCut = true
    for (const peerId of this.peerIds) this.#reconsider(peerId)
  }

  /** Cuts one peer off from all others, both ways. */
  isolate(peerId: string): void {
    this.partition([peerId])
  }

  /** Mends every cut, or those of one peer. */
  heal(peerId?: string): void {
    for (const [from, row] of this.#links)
      for (const [to, link] of row)
        if (peerId === undefined || from === peerId || to === peerId) link.isCut = false
    for (const id of this.peerIds) this.#reconsider(id)
  }

  /** True when both peers run and messages pass in both directions. */
  isOpen(a: string, b: string): boolean {
    const isRunning = (peerId: string): boolean =>
      this.#endpoints.get(peerId)?.gate.state === 'running'
    if (!isRunning(a) || !isRunning(b)) return false
    return !this.#link(a, b).isCut && !this.#link(b, a).isCut
  }

  /** Stops a process as SIGSTOP does: it answers nothing, and its connections stay open. */
  hang(peerId: string): void {
    this.#endpoints.get(peerId)?.gate.freeze()
  }

  resume(peerId: string): void {
    this.#endpoints.get(peerId)?.gate.thaw()
  }

  /** Kills a process: its connections are reset, and its own promises never settle. */
  crash(peerId: string): void {
    this.#endpoints.get(peerId)?.gate.kill()
  }

  /** Runs `work` at the other peer, as far as the network between the two lets it. */
  exchange<T>(
    from: Endpoint,
    to: string,
    label: string,
    work: Work<T>,
    options: RequestOptions,
  ): Promise<T> {
    return exchange(this, from, to, label, work, options)
  }

  send(
    from: Endpoint,
    to: string,
    label: string,
    arrive: (at: Endpoint) => void,
    reset?: () => void,
  ): void {
    from.gate.run(() => {
      const link = this.#link(from.peerId, to)
      const { random, clock } = this.ground
      const delays = link.delaysMs(random, clock.monotonicMs())
      this.counts.sent++
      if (delays.length === 0) this.counts.lost++
      if (delays.length > 1) this.counts.duplicated++
      const atReceiver = (): void => {
        this.#arrive(link, from, to, arrive, reset)
      }
      for (const delayMs of delays)
        this.ground.after(delayMs, atReceiver, `${from.peerId}>${to} ${label}`)
    })
  }

  #arrive(
    link: Link,
    from: Endpoint,
    to: string,
    arrive: (at: Endpoint) => void,
    reset: (() => void) | undefined,
  ): void {
    const at = this.#endpoints.get(to)
    if (link.isCut) {
      this.counts.lost++
      return
    }
    this.counts.delivered++
    if (at !== undefined && at.gate.state !== 'dead')
      at.gate.run(() => {
        arrive(at)
      })
    else if (reset !== undefined) this.#reset(to, from, reset)
  }

  /** Nobody listens: the machine's operating system says so, if its answer gets through. */
  #reset(from: string, to: Endpoint, reset: () => void): void {
    const link = this.#link(from, to.peerId)
    const [delayMs] = link.delaysMs(this.ground.random, this.ground.clock.monotonicMs())
    if (delayMs === undefined) return
    this.ground.after(delayMs, reset, `${from}>${to.peerId} reset`)
  }

  #breakConnections(dead: Endpoint): void {
    for (const other of this.#endpoints.values())
      for (const pending of other.pending)
        if (pending.to === dead.peerId) this.#reset(dead.peerId, other, pending.broken)
  }

  #link(from: string, to: string): Link {
    const row = this.#links.get(from) ?? new Map<string, Link>()
    this.#links.set(from, row)
    const link = row.get(to) ?? new Link(this.#model)
    row.set(to, link)
    return link
  }

  #reconsider(peerId: string): void {
    const one = this.#endpoints.get(peerId)
    if (one === undefined) return
    for (const other of this.#endpoints.values()) {
      if (other === one) continue
      this.#observe(one, other)
      this.#observe(other, one)
    }
  }

  #observe(observer: Endpoint, target: Endpoint): void {
    if (observer.gate.state === 'dead') return
    const out = this.#link(observer.peerId, target.peerId)
    const back = this.#link(target.peerId, observer.peerId)
    this.#watch.reconsider(observer, { target, out, back })
  }
}
