import { describe, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { CHART_MODES, stage } from './stage.js'

describe.each(CHART_MODES)('flow control with %s charts', (charts) => {
  test('DM-7 a writer goes on when its window opens from zero', async () => {
    const { peer, accept } = await stage({ charts })
    await peer.sends(frames.settings({ initialWindow: 1 }), frames.open(1))
    const stream = await accept()
    void stream.write('hello', { end: true })
    await peer.wants({ type: 'reply', id: 1 })
    await peer.wants({ type: 'data', id: 1, payload: 'h', end: false })
    await peer.idle(200)
    await peer.sends(frames.window(1, 100))
    await peer.wants({ type: 'data', id: 1, payload: 'ello', end: true })
  })
})
