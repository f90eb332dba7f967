import {
  Service,
  startAll,
  stopAll,
  type AbortOptions,
  type Clock,
  type Random,
  type Startable,
} from '@bzzz/base'
import { coordinatorFields, type CoordinatorConfig, type Loaded } from '@bzzz/config'
import type { ReadConfigOptions } from '@bzzz/config/node'
import { AlertMonitor } from '@bzzz/telemetry'
import type { Provider } from '@openfeature/server-sdk'
import { loadIdentity } from '@bzzz/libp2p-host/identity'
import type { Backend } from './backend.js'
import { compose } from './compose.js'
import { liveTuningOf } from './compose/tuning.js'
import { LiveConfig, modeLayers, type CoordinatorFields } from './config/live-config.js'
import { openDataDirectory, type DataDirectory } from './data/data-directory.js'
import { DirectoryLock } from './data/directory-lock.js'
import { RuntimeRecord } from './data/runtime-record.js'
import { loadToken } from './data/token-file.js'
import { Doors } from './doors.js'
import { createHandlers } from './handlers/handlers.js'
import { HealthWatch } from './health/health-watch.js'
import { createNodeMetrics, type NodeMetrics } from './health/node-metrics.js'
import { readinessOf, type Readiness } from './health/readiness.js'
import { isLoopbackAddress } from './http/access.js'
import { EventStreams } from './http/event-streams.js'
import { addHealthRoutes } from './http/health-routes.js'
import { HttpServer } from './http/http-server.js'
import { addOperationRoutes, authorize } from './http/operation-routes.js'
import { addStreamRoutes, isStreamPath } from './http/stream-routes.js'
import { createTokenCheck } from './http/token.js'
import type { Log } from './log.js'
import { AuditService } from './operate/audit-service.js'
import { NodeSettings } from './operate/node-settings.js'
import { Operations } from './operate/operations.js'

export interface CoordinatorOptions {
  readonly config: CoordinatorConfig
  /** The same with its origins. */
  readonly loaded: Loaded<CoordinatorFields>
  /** Where it was read from: a file there is followed. */
  readonly sources: ReadConfigOptions
  /** Whose flags decide modes, below the overrides of operators. Default: the configuration. */
  readonly flagProvider?: Provider | undefined
  /** Absolute path. */
  readonly dataDirectory: string
  readonly version: string
  readonly pid: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Longest wait for the headers of a request; a client on the same network needs milliseconds. */
const HEADERS_TIMEOUT_MS = 5_000

/** Far above what agents of one machine open, far below what file descriptors allow. */
const CONNECTIONS_MAX = 512

/** Everything of a coordinator that exists only while it runs. */
interface Running {
  readonly backend: Backend
  readonly directory: DataDirectory
  readonly http: HttpServer
  readonly settings: NodeSettings
  readonly operations: Operations
  readonly doors: Doors
  readonly health: HealthWatch
  /** In the order in which they start. */
  readonly parts: readonly Startable[]
}

/** What the HTTP surface is made over. */
interface Inside {
  readonly directory: DataDirectory
  readonly backend: Backend
  readonly operations: Operations
  readonly streams: EventStreams
  readonly metrics: NodeMetrics
  readonly alerts: AlertMonitor
  readonly live: LiveConfig
  readonly health: HealthWatch
  readonly doors: Doors
  readonly token: string
}

/** One node of the mesh: its data directory, its records and its HTTP surface. */
export class Coordinator extends Service {
  readonly #options: CoordinatorOptions
  readonly #startedAtMs: number
  #running: Running | undefined

  constructor(options: CoordinatorOptions) {
    super('the coordinator')
    this.#options = options
    this.#startedAtMs = options.clock.nowMs()
  }

  /** Throws `NOT_STARTED` before `start`. */
  get backend(): Backend {
    return this.#parts.backend
  }

  /** Where its HTTP surface is. */
  get url(): string {
    return this.#parts.http.url
  }

  get dataDirectory(): string {
    return this.#parts.directory.path
  }

  protected async onStart(options: AbortOptions): Promise<void> {
    const running = await this.#build()
    try {
      await startAll(running.parts, options)
    } catch (error) {
      // It awaits the end of an override from the moment that it knows of one.
      running.settings.release()
      throw error
    }
    this.#running = running
    const { log } = this.#options
    log.info('serving', { url: running.http.url, peerId: running.backend.peerId })
  }

  protected async onStop(): Promise<void> {
    await stopAll(this.#parts.parts)
    this.#options.log.info('stopped')
  }

  get #parts(): Running {
    if (this.#running === undefined) this.assertStarted()
    return this.#running as Running
  }

  async #build(): Promise<Running> {
    const { config, clock, random, log } = this.#options
    const directory = await openDataDirectory(this.#options.dataDirectory)
    const identity = await loadIdentity(directory.identityFile)
    const token = await loadToken(directory.tokenFile, random)
    const audit = new AuditService(directory.auditFile, log)
    const settings = await this.#createSettings(directory, identity.peerId, audit)
    const dhtSetting = settings.settingOf('dht')
    const means = { directory, identity, dhtSetting, clock, random, log }
    const backend = await compose(config, means)
    const live = this.#createLiveConfig(settings, backend)
    const operations = new Operations({
      components: backend.components,
      audit,
      runId: this.#startedAtMs.toString(36),
      sources: settings,
      clock,
      log,
    })
    const streams = new EventStreams(clock)
    const metrics = createNodeMetrics(backend, clock, (name) => operations.drills.isOn(name))
    const alerts = this.#createAlerts(metrics, operations)
    const health = new HealthWatch({
      backend,
      clock,
      intervalMs: config.healthCheckIntervalMs,
      log,
    })
    const doors: Doors = new Doors(async () => {
      // Listeners would keep the server from closing for as long as they like.
      await streams.stop()
      await http.stop()
    })
    const http: HttpServer = this.#createHttp({
      directory,
      backend,
      operations,
      streams,
      metrics,
      alerts,
      live,
      health,
      doors,
      token,
    })
    settings.drive(backend.components.map(({ controls }) => controls))
    const runtime = this.#createRuntime(directory, backend, http)
    // The lock first, so that a second start changes nothing; HTTP early, so that /readyz can say why not yet.
    // The runtime record last: it is gone before the port is given up, which others may then take.
    const lock = new DirectoryLock(directory, clock)
    const within = [audit, ...operations.before, ...backend.parts, settings, live.watch]
    const around = [health, ...operations.after, alerts, streams]
    const parts = [lock, http, ...within, ...around, doors, runtime]
    return { backend, directory, http, settings, operations, doors, health, parts }
  }

  #createAlerts(metrics: NodeMetrics, operations: Operations): AlertMonitor {
    const { clock, log } = this.#options
    const alerts = new AlertMonitor({
      registry: metrics.registry,
      clock,
      onListenerError: (error) => {
        log.error('a listener of the alerts failed', { error })
      },
    })
    operations.followAlerts(alerts)
    return alerts
  }

  #createRuntime(directory: DataDirectory, backend: Backend, http: HttpServer): RuntimeRecord {
    const { pid, version } = this.#options
    return new RuntimeRecord(directory.runtimeFile, () => ({
      pid,
      url: http.url,
      peerId: backend.peerId,
      version,
      startedAtMs: this.#startedAtMs,
    }))
  }

  async #createSettings(
    directory: DataDirectory,
    peerId: string,
    audit: AuditService,
  ): Promise<NodeSettings> {
    const { config, loaded, flagProvider: provider, clock, log } = this.#options
    const settings = new NodeSettings({
      components: { dht: coordinatorFields.fields.dhtMode.default },
      overridesFile: directory.overridesFile,
      // One process may run several nodes, as tests do, and one of them again.
      domain: `bzzz-${peerId}-${this.#startedAtMs}`,
      provider,
      audit,
      clock,
      log,
    })
    settings.configure('dht', modeLayers(loaded, config.dhtMode))
    await settings.load()
    return settings
  }

  #createLiveConfig(settings: NodeSettings, backend: Backend): LiveConfig {
    const { loaded, sources, clock, log } = this.#options
    const live: LiveConfig = new LiveConfig({
      loaded,
      sources,
      clock,
      log,
      onChange: (changed) => {
        for (const { controls } of backend.components) controls.tune?.(liveTuningOf(changed))
        settings.configure('dht', modeLayers(live.loaded, changed.dhtMode))
      },
    })
    return live
  }

  #createHttp(inside: Inside): HttpServer {
    const { config, clock, log, version } = this.#options
    const { directory, backend, operations, streams, metrics, alerts, live, health, doors } = inside
    const readiness = (): Readiness => readinessOf(doors, backend, health.rows())
    const handlers = createHandlers({
      backend,
      clock,
      version,
      readiness,
      dataDirectory: directory.path,
      url: () => http.url,
      startedAtMs: this.#startedAtMs,
      health: () => health.rows(),
      notices: () => live.notices(),
      settings: () => live.settings(),
      components: backend.components,
      desk: operations.desk,
      drills: operations.drills,
      alerts: () => alerts.active(),
    })
    const access = {
      isToken: createTokenCheck(inside.token),
      isLoopback: isLoopbackAddress(config.httpHost),
    }
    const http: HttpServer = new HttpServer({
      host: config.httpHost,
      port: config.httpPort,
      rules: { hosts: config.httpAllowedHosts, origins: config.httpAllowedOrigins },
      limits: {
        requestTimeoutMs: config.httpRequestTimeoutMs,
        headersTimeoutMs: Math.min(HEADERS_TIMEOUT_MS, config.httpRequestTimeoutMs),
        connectionsMax: CONNECTIONS_MAX,
        bodyBytesMax: config.httpBodyMaxBytes,
      },
      log,
      clock,
      onAnswer: (route, method, status, tookMs) => {
        metrics.observeRequest(route, method, status, isStreamPath(route) ? undefined : tookMs)
      },
      routes: (app) => {
        addHealthRoutes(app, {
          readiness,
          metrics: () => metrics.text(),
          authorize: authorize('read', access),
        })
        addOperationRoutes(app, { handlers, doors, version, ...access })
        addStreamRoutes(app, { doors, streams, sources: operations.streams, ...access })
      },
    })
    return http
  }
}
