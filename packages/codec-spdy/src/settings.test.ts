import { describe, expect, test } from '@jest/globals'
import { codec, control, decode, encode, hex, int, join, toHex } from './dialogue.test.kit.js'
import type { ReceivedSettings } from './settings.js'
import { FLAG, SETTING, TYPE } from './wire.js'

const entry = (flags: number, id: number, value: number) => join(int(flags, 1), int(id, 3), int(value))
const settings = (flags: number, ...entries: Uint8Array[]) =>
  control(TYPE.SETTINGS, join(int(entries.length), ...entries), { flags })
const say = { type: 'settings', settings: { maxConcurrentStreams: 100 }, ack: false } as const

describe('settings of ours', () => {
  test('our extra entries go along with the first frame, sorted by id, and no later one', () => {
    const extra = [
      { id: SETTING.INITIAL_WINDOW_SIZE, value: 5 },
      { id: SETTING.ROUND_TRIP_TIME, value: 20, persist: true },
    ]
    const writer = codec({}, 'server', { settings: extra })
    expect(toHex(encode(writer, say))).toBe(
      toHex(settings(0, entry(1, 3, 20), entry(0, 4, 100), entry(0, 7, 5))),
    )
    expect(toHex(encode(writer, say))).toBe(toHex(settings(0, entry(0, 4, 100))))
  })

  test('what the engine says prevails; whether it is to be remembered does not depend on it', () => {
    const extra = [
      { id: 4, value: 7, persist: true },
      { id: 5, value: 1 },
      { id: 5, value: 2 },
    ]
    const writer = codec({}, 'server', { settings: extra })
    expect(toHex(encode(writer, say))).toBe(toHex(settings(0, entry(1, 4, 100), entry(0, 5, 1))))
  })

  test('a server can make its client forget, once; a client cannot ask for it', () => {
    const server = codec({}, 'server', { clearSettings: true })
    expect(toHex(encode(server, say, say))).toBe(
      toHex(join(settings(FLAG.CLEAR_SETTINGS, entry(0, 4, 100)), settings(0, entry(0, 4, 100)))),
    )
    const client = codec({}, 'client', { clearSettings: true })
    expect(toHex(encode(client, say))).toBe(toHex(settings(0, entry(0, 4, 100))))
  })

  test('no limit at all is the largest number', () => {
    const frame = { ...say, settings: { maxConcurrentStreams: Number.POSITIVE_INFINITY } }
    expect(toHex(encode(codec(), frame))).toBe(toHex(settings(0, entry(0, 4, 0xffff_ffff))))
  })
})

describe('what the peer said', () => {
  test('is told whole: every id, flags, and of each id the first', () => {
    const heard: ReceivedSettings[] = []
    const reader = codec({}, 'server', { onSettings: (received) => heard.push(received) })
    decode(
      reader,
      join(settings(1, entry(3, 1, 9), entry(0, 1, 8), entry(0xff, 0xff_ffff, 0xffff_ffff)), settings(0)),
    )
    expect(heard).toEqual([
      {
        entries: [
          { id: 1, value: 9, flags: 3 },
          { id: 0xff_ffff, value: 0xffff_ffff, flags: 0xff },
        ],
        clear: true,
      },
      { entries: [], clear: false },
    ])
  })

  test('B11 a listener that throws is an oddity, and the settings are in force', () => {
    const reader = codec({}, 'server', {
      onSettings: () => {
        throw new Error('mine')
      },
    })
    const said = settings(0, entry(0, 4, 1))
    const wanted = [
      { type: 'settings', settings: { maxConcurrentStreams: 1 }, ack: false },
      { type: 'ignored', what: 'oddity', name: 'onSettings threw: mine' },
    ]
    expect(decode(reader, said)).toEqual(wanted)
    const heard: unknown[] = []
    const stopAtOnce = (frame: unknown): boolean => {
      heard.push(frame)
      return false
    }
    expect(reader.decode(said, stopAtOnce)).toBe(said.length)
    expect(heard).toEqual(wanted.slice(0, 1))
    expect(reader.decode(hex('80'), stopAtOnce)).toBe(0)
    expect(heard).toEqual(wanted)
  })
})

describe('a client’s memory', () => {
  test('keeps what the server asks it to keep, and gives it back before its own settings', () => {
    const store = new Map<number, number>()
    const first = codec({}, 'client', { settingsStore: store })
    expect(toHex(encode(first, say))).toBe(toHex(settings(0, entry(0, 4, 100))))
    decode(first, settings(0, entry(1, 7, 70), entry(0, 3, 30), entry(1, 5, 50), entry(1, 5, 51)))
    expect([...store]).toEqual([
      [7, 70],
      [5, 50],
    ])
    const second = codec({}, 'client', { settingsStore: store })
    const recalled = settings(0, entry(2, 5, 50), entry(2, 7, 70))
    expect(toHex(encode(second, say, say))).toBe(
      toHex(join(recalled, settings(0, entry(0, 4, 100)), settings(0, entry(0, 4, 100)))),
    )
  })

  test('is emptied by CLEAR_SETTINGS before the entries of the same frame are kept', () => {
    const store = new Map([[1, 1]])
    decode(codec({}, 'client', { settingsStore: store }), settings(FLAG.CLEAR_SETTINGS, entry(1, 2, 2)))
    expect([...store]).toEqual([[2, 2]])
  })

  test('is none of a server’s: it keeps nothing, forgets nothing, gives nothing back', () => {
    const store = new Map([[1, 1]])
    const server = codec({}, 'server', { settingsStore: store })
    decode(server, settings(FLAG.CLEAR_SETTINGS, entry(1, 2, 2), entry(2, 4, 4)))
    expect([...store]).toEqual([[1, 1]])
    expect(toHex(encode(server, say))).toBe(toHex(settings(0, entry(0, 4, 100))))
  })

  test('a server reads a value that is given back like any other', () => {
    expect(decode(codec({}, 'server'), settings(0, entry(2, 4, 9)))).toEqual([
      { type: 'settings', settings: { maxConcurrentStreams: 9 }, ack: false },
    ])
  })
})
