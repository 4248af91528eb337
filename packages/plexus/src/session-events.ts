import type { SessionEvent } from '@plexus/contract'
import type { Session } from '@plexus/engine'
import { Observable, share } from 'rxjs'

/** The engine's events as one shared Observable: the first subscriber switches them on, the last one off. */
export function eventsOf(engine: Session): Observable<SessionEvent> {
  return new Observable<SessionEvent>((subscriber) => {
    engine.events.observe((event) => {
      subscriber.next(event)
      if (event.type === 'closed') subscriber.complete()
    })
    // Whoever comes after the end is told of it too, not left to wait.
    void engine.closed.then(() => engine.host.clock.yield(() => subscriber.complete()))
    return () => engine.events.observe(undefined)
  }).pipe(share())
}
