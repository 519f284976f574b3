import { runCancelled } from './diagnostics.ts'

/** How long a run goes on before it lets others speak, so that a signal can reach it; in milliseconds. */
const breath = 50

/** Stops a run whose signal is raised: throws `run.cancelled`. */
export class Watch {
  readonly #signal: AbortSignal | undefined
  #last = Date.now()
  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal
  }
  async check(): Promise<void> {
    if (this.#signal === undefined) return
    if (!this.#signal.aborted && Date.now() - this.#last > breath) {
      await new Promise(resolve => setTimeout(resolve))
      this.#last = Date.now()
    }
    if (this.#signal.aborted) throw runCancelled()
  }
}
