/** Met when a chart uses what a compiled chart cannot do. Thrown by `compile`; by a transition only for what cannot be seen earlier. */
export class UnsupportedChartError extends Error {
  override readonly name = 'UnsupportedChartError'
  /** Where: the machine's id and the keys down to the state, joined by dots, e.g. `stream.live.receiving.flowing`. */
  readonly path: string
  /** What: the name of the refused feature as it is written in the chart, e.g. `invoke`. */
  readonly feature: string

  constructor(path: string, feature: string, advice: string) {
    super(`${path}: '${feature}' is not supported in a compiled chart; ${advice}`)
    this.path = path
    this.feature = feature
  }
}
