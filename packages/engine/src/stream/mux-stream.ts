import {
  type BlockedOn,
  type Bytes,
  type ErrorCode,
  type FaultName,
  HeaderFields,
  type HeadersFrame,
  type HeadersInit,
  type Host,
  type InformFrame,
  type MuxStream,
  type PlexusError,
  type Priority,
  type ReplyFrame,
  type StreamState,
  type WriteOptions,
} from '@plexus/contract'
import { iterate } from '../iterate.js'
import type { Cause } from '../messages.js'
import type { Fate } from '../session/stream-table.js'
import { Deferred, DONE, rejected } from '../settle.js'
import { type Ending, failureOf, misuse } from './ending.js'
import { HeaderBlocks } from './header-blocks.js'
import { Informs } from './informs.js'
import type { StreamInit, StreamOwner } from './owner.js'
import { judgePatience, watch } from './patience.js'
import type { StreamParts } from './stream.machine.js'
import { StreamBody } from './stream-body.js'
import { abortLater, Waits } from './waits.js'
import { webStreamsOf } from './web.js'

const END_OF_BYTES: Promise<undefined> = Promise.resolve(undefined)
const encoder = new TextEncoder()

/** A stream as its user sees it and as its chart governs it. */
export class Stream extends StreamBody implements MuxStream, StreamParts {
  readonly #owner: StreamOwner
  #waits: Waits | undefined
  #reply: HeaderFields | undefined
  #headerBlocks: HeaderBlocks | undefined
  #informs: Informs | undefined
  #ending: Ending | undefined

  constructor(init: StreamInit, owner: StreamOwner) {
    super(init, owner.now)
    this.#owner = owner
  }

  // --- what the user sees ---------------------------------------------------------------------------------------

  get state(): StreamState {
    const snapshot = this.actor.getSnapshot()
    if (snapshot.hasTag('closed')) return 'closed'
    if (snapshot.hasTag('half-closed (local)')) return 'half-closed (local)'
    if (snapshot.hasTag('half-closed (remote)')) return 'half-closed (remote)'
    return this.initiator === 'us' && snapshot.matches({ live: { sending: 'opening' } }) ? 'idle' : 'open'
  }

  get blocked(): { on: BlockedOn; since: number } | undefined {
    if (this.blockedOn !== undefined) return { on: this.blockedOn, since: this.blockedSince }
    return this.#owner.whyInLine(this)
  }

  get hasReply(): boolean {
    return this.#owner.traits.reply
  }

  get replied(): Promise<HeaderFields> {
    if (this.#reply !== undefined) return Promise.resolve(this.#reply)
    if (this.#ending !== undefined) return rejected(this.#error('a reply'))
    if (this.initiator === 'peer' || !this.hasReply) return Promise.resolve(HeaderFields.NONE)
    return (this.#wait.replied ??= new Deferred()).promise
  }

  reply(headers?: HeadersInit, options?: WriteOptions): void {
    if (this.initiator === 'us') throw this.#misuse('a stream of the peer to reply on', 'one of ours')
    if (!this.hasReply || this.#reply !== undefined || this.#ending !== undefined || this.startsEnded) return
    const fields = HeaderFields.from(headers)
    const end = options?.end ?? false
    // Encoded before it counts: headers that cannot be sent are the caller's error, and the stream goes on unreplied.
    this.#owner.writeReply(this, fields, end)
    this.#reply = fields
    if (end) this.outbox.isEnding = true
    this.actor.send({ type: 'sendReply', end })
  }

  inform(headers: HeadersInit): void {
    if (this.#ending !== undefined) throw this.#error('to inform')
    if (!this.#owner.traits.inform || !this.#owesReply)
      throw this.#misuse('a reply to come', `stream ${this.id}`)
    const fields = HeaderFields.from(headers)
    if (!this.#interim.mayCount)
      throw this.#misuse(`at most ${this.#owner.limits.maxInforms} informs`, 'more')
    this.#owner.writeInform(this, fields)
    this.#interim.count()
  }

  readInform(): Promise<HeaderFields | undefined> {
    return this.#interim.blocks.read()
  }

  prioritise(priority: Priority, incremental = true): void {
    this.#owner.prioritise(this, priority, incremental)
  }

  refuse(): void {
    if (this.initiator === 'us' || this.#reply !== undefined) {
      throw this.#misuse('a stream of the peer without a reply to refuse', `stream ${this.id}`)
    }
    this.reset('REFUSED_STREAM')
  }

  writeHeaders(headers: HeadersInit, options?: WriteOptions): void {
    if (this.#ending !== undefined) throw this.#error('to write headers')
    if (this.outbox.isEnding) throw this.#misuse('to write before the end', 'headers after it')
    const { maxHeldHeaderBlocks: most } = this.#owner.limits
    if (this.outbox.headerBlocks >= most)
      throw this.#misuse(`at most ${most} unsent header blocks`, 'one more')
    const fields = HeaderFields.from(headers)
    const end = options?.end ?? false
    this.#owner.checkHeaders(fields, end)
    this.#replyFirst()
    this.outbox.pushHeaders({ headers: fields, end })
    this.#owner.requestWrite(this)
  }

  readHeaders(): Promise<HeaderFields | undefined> {
    return this.#blocks.read()
  }

  read(): Promise<Bytes | undefined> {
    if (this.#waits?.reader !== undefined) return rejected(this.#misuse('one read at a time', 'a second one'))
    const chunk = this.poll()
    if (chunk !== undefined) return Promise.resolve(chunk)
    if (this.inbox.isFinished) return END_OF_BYTES
    if (this.#ending !== undefined) return rejected(this.#error('to read'))
    this.inbox.hasReader = true
    const reader = new Deferred<Bytes | undefined>()
    this.#wait.reader = reader
    return reader.promise
  }

  poll(): Bytes | undefined {
    const chunk = this.inbox.shift()
    if (chunk !== undefined) this.#owner.noteRead(this, chunk.length)
    return chunk
  }

  write(bytes: Bytes | string, options?: WriteOptions): Promise<void> {
    const { outbox } = this
    if (this.#ending !== undefined) return rejected(this.#error('to write'))
    if (outbox.isEnding) return rejected(this.#misuse('to write before the end', 'bytes after it'))
    const chunk = typeof bytes === 'string' ? encoder.encode(bytes) : bytes
    if (!(chunk instanceof Uint8Array)) return rejected(this.#misuse('bytes or a string', typeof bytes))
    this.#replyFirst()
    outbox.push(chunk)
    this.#owner.noteWritten(chunk.length)
    if (options?.end === true) outbox.end()
    if (outbox.hasMore) this.#owner.requestWrite(this)
    const isFull = outbox.size > this.#owner.limits.streamSend
    if (!isFull && !this.#owner.isSendFull) return DONE
    if (this.#ending !== undefined) return rejected(this.#error('to write'))
    if (!isFull) this.#owner.awaitSendRoom(this)
    return (this.#wait.room ??= new Deferred()).promise
  }

  close(): Promise<void> {
    if (this.#ending !== undefined)
      return this.#ending.by === 'both' ? DONE : rejected(this.#error('to close'))
    const { outbox } = this
    if (!outbox.isEnding) {
      if (this.#owesReply) this.reply(undefined, { end: !outbox.hasMore })
      if (!outbox.isEnding) {
        outbox.end()
        this.#owner.requestWrite(this)
      }
    }
    if (this.actor.getSnapshot().hasTag('half-closed (local)') || this.#ending !== undefined) return DONE
    return (this.#wait.ended ??= new Deferred()).promise
  }

  reset(code: ErrorCode = 'CANCEL'): void {
    if (this.#ending !== undefined) return this.dropUnread()
    const message = `stream ${this.id} was reset here with ${code}`
    this.actor.send({ type: 'reset', by: 'local', cause: { code, blame: 'application', message } })
  }

  get closed(): Promise<PlexusError | undefined> {
    if (this.#ending !== undefined) return Promise.resolve(this.failure)
    return (this.#wait.closed ??= new Deferred()).promise
  }

  get signal(): AbortSignal {
    const controller = (this.#wait.abort ??= new AbortController())
    const { failure } = this
    if (failure !== undefined) abortLater(controller, failure, this.#owner.host.clock)
    return controller.signal
  }

  toDuplex(): ReturnType<NonNullable<Host['toDuplex']>> {
    const { toDuplex } = this.#owner.host
    if (toDuplex === undefined) throw this.#misuse('a host with Node streams', 'one without')
    return toDuplex(this)
  }

  toWeb(): ReturnType<MuxStream['toWeb']> {
    return webStreamsOf(this)
  }

  /** Iterates over what is read, to the peer's end. Leaving the loop early leaves the stream as it is. */
  [Symbol.asyncIterator](): AsyncIterator<Bytes> {
    return iterate(() => this.read())
  }

  /** Resets the stream unless it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.reset()
  }

  /** Stands for the stream in snapshots and logs. */
  toJSON(): object {
    const { id, initiator, priority } = this
    return { id, initiator, priority, unread: this.inbox.size, unsent: this.outbox.size }
  }

  // --- what the chart governs -----------------------------------------------------------------------------------

  gateUntilReply(): void {
    this.inbox.gate = 'awaitingReply'
    watch(this, this.#owner)
  }

  openInbox(): void {
    this.inbox.gate = 'open'
    this.isPaused = false
    watch(this, this.#owner)
  }

  holdInbox(): void {
    this.isPaused = true
  }

  endInbox(): void {
    this.inbox.gate = 'ended'
    this.isPaused = false
    watch(this, this.#owner)
    if (this.inbox.hasReader) this.#settleReader(this.poll())
    this.#headerBlocks?.end()
  }

  openOutbox(): void {
    this.outbox.isOpen = true
    if (this.outbox.hasMore) this.#owner.requestWrite(this)
  }

  endOutbox(): void {
    this.outbox.isOpen = false
    this.outbox.isEnding = true
    watch(this, this.#owner)
    this.#waits?.ended?.resolve()
    this.#waits?.room?.resolve()
  }

  wakeReader(): void {
    if (this.inbox.hasReader) this.#settleReader(this.poll())
  }

  settleReply(frame: ReplyFrame): void {
    this.#reply = frame.headers
    this.#informs?.blocks.end()
    this.#waits?.replied?.resolve(frame.headers)
    if (this.#waits !== undefined) this.#waits.replied = undefined
    this.#owner.noteReplied(this)
  }

  takeInform(frame: InformFrame): void {
    if (!this.#interim.count()) return this.fault('informTooMany')
    if (!this.#interim.blocks.take(frame.headers)) this.#failUnread()
  }

  takeHeaders(frame: HeadersFrame): void {
    if (!this.#blocks.take(frame.headers)) this.#failUnread()
  }

  noteBlocked(on: BlockedOn): void {
    this.blockedOn = on
    this.blockedSince = this.#owner.now
    this.#owner.noteBlocked(this, on)
  }

  noteUnblocked(): void {
    const on = this.blockedOn
    if (on === undefined) return
    this.blockedOn = undefined
    this.#owner.noteUnblocked(this, on, this.blockedSince)
  }

  settleClosed(): void {
    this.#ending = { by: 'both' }
    this.#release()
  }

  settleReset(by: 'peer' | 'local' | 'session', cause: Cause): void {
    const wasEnded = this.inbox.gate === 'ended'
    this.#ending = { by, cause, met: this.actor?.getSnapshot().value }
    this.outbox.isOpen = false
    this.#release()
    if (by === 'local') this.#owner.writeReset(this, cause.code)
    // What the peer completed before it reset stays readable.
    if (by === 'local' || !wasEnded) {
      this.inbox.gate = 'shut'
      this.dropUnread()
    }
    this.#owner.noteUnwritten(this.outbox.drop())
  }

  sayFin(): void {
    this.#owner.fin(this)
  }

  fault(name: FaultName): void {
    this.#owner.fault(name, this)
  }

  refuseMessage(type: string): void {
    this.#owner.refuseMessage(type, this)
  }

  // --- what its session asks of it ------------------------------------------------------------------------------

  get isOver(): boolean {
    return this.#ending !== undefined
  }

  /** Why it ended, unless it ended well. */
  get failure(): PlexusError | undefined {
    return failureOf(this.#ending, this.id)
  }

  get wasReset(): boolean {
    return this.#ending !== undefined && this.#ending.by !== 'both'
  }

  /** What is to be remembered of it. Of what the session cut off, something may still be on its way. */
  get fate(): Fate {
    const by = this.#ending?.by ?? 'both'
    if (by === 'both') return 'closed'
    return by === 'peer' ? 'resetByPeer' : 'resetByUs'
  }

  /** Ends the stream from our side for a reason that is not the application's. */
  fail(code: ErrorCode, blame: Cause['blame'], message: string, event?: string): void {
    if (this.#ending !== undefined) return
    const cause: Cause = event === undefined ? { code, blame, message } : { code, blame, message, event }
    this.actor.send({ type: 'reset', by: 'local', cause })
  }

  /** Some of what was written is on its way. */
  noteSent(bytes: number): void {
    this.touchedAt = this.#owner.now
    this.#owner.noteUnwritten(bytes)
    const room = this.#waits?.room
    if (room === undefined || this.outbox.size * 2 > this.#owner.limits.streamSend) return
    // With nothing unsent of its own it waits for nobody: what fills the session may be streams that nobody reads (B09).
    if (this.#owner.isSendFull && this.outbox.size > 0) return this.#owner.awaitSendRoom(this)
    this.#owner.leaveSendRoom(this)
    this.settleRoom()
  }

  /** There is room to write again. */
  settleRoom(): void {
    this.#waits?.room?.resolve()
    if (this.#waits !== undefined) this.#waits.room = undefined
  }

  /** Drops what was not read; the session gets its credit. */
  dropUnread(): void {
    const dropped = this.inbox.drop()
    if (dropped > 0) this.#owner.noteRead(this, dropped)
  }

  onTimer(now: number): void {
    if (this.#ending !== undefined) return this.dropUnread()
    judgePatience(this, this.#owner, now)
  }

  // --- inside -----------------------------------------------------------------------------------------------------

  get #blocks(): HeaderBlocks {
    if (this.#headerBlocks !== undefined) return this.#headerBlocks
    const { limits, heldHeaders } = this.#owner
    this.#headerBlocks = new HeaderBlocks(limits.maxHeldHeaderBlocks, heldHeaders)
    // What the peer completed before it reset is complete: no more blocks come, and that is no failure.
    if (this.inbox.gate === 'ended') this.#headerBlocks.end()
    else if (this.#ending !== undefined) this.#headerBlocks.end(this.failure)
    return this.#headerBlocks
  }

  get #interim(): Informs {
    if (this.#informs !== undefined) return this.#informs
    const { limits, heldHeaders } = this.#owner
    this.#informs = new Informs(limits.maxInforms, heldHeaders)
    const isDue = this.inbox.gate === 'awaitingReply' && this.#ending === undefined
    if (!isDue) this.#informs.blocks.end(this.failure)
    return this.#informs
  }

  #failUnread(): void {
    this.fail('ENHANCE_YOUR_CALM', 'peer', 'expected a reader of header blocks, more came than may be unread')
  }

  get #wait(): Waits {
    return (this.#waits ??= new Waits())
  }

  get #owesReply(): boolean {
    return this.initiator === 'peer' && this.hasReply && this.#reply === undefined && !this.startsEnded
  }

  #replyFirst(): void {
    if (this.#owesReply) this.reply()
  }

  #settleReader(chunk: Bytes | undefined): void {
    const reader = this.#waits?.reader
    this.inbox.hasReader = false
    if (reader === undefined) return
    this.#wait.reader = undefined
    reader.resolve(chunk)
  }

  /** Nothing more happens on it: it leaves the line, and every wait settles. */
  #release(): void {
    this.inbox.hasReader = false
    this.#headerBlocks?.release(this.failure)
    this.#informs?.blocks.release(this.failure)
    this.#waits?.settleAll(this.failure, this.#owner.host.clock)
    this.#owner.leaveLine(this)
    this.receiveWindow.close()
  }

  /** Why `wanted` is not to be had any more. */
  #error(wanted: string): PlexusError {
    return this.failure ?? this.#misuse(wanted, `stream ${this.id}, which is closed`)
  }

  #misuse(expected: string, came: string): PlexusError {
    return misuse(expected, came, this.id)
  }
}
