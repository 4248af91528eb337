/** A promise whose rejection harms nobody who does not look: a peer that goes away is no error of the process. */
export function quiet<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {})
  return promise
}
