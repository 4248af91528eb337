import { describe, expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { CHART_MODES, lineStage } from '../testing/line-stage.test.kit.js'

describe.each(CHART_MODES)('the streams of a session, %s:', (charts) => {
  test('one that was reset with bytes unread gets no credit after its reset', async () => {
    const { session, peer, clock } = lineStage({ charts })
    await peer.sends(frames.open(1), frames.data(1, 'x'.repeat(20_000)))
    const { value: stream } = await session[Symbol.asyncIterator]().next()
    stream!.reset()
    await clock.advance(10)
    const heard = peer.frames.map((frame) => ('id' in frame ? `${frame.type} ${frame.id}` : frame.type))
    expect(heard).toEqual(['settings', 'window 0', 'reset 1'])
  })
})
