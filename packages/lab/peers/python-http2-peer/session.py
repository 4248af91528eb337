"""One connection, whichever role: h2 says what the bytes mean, asyncio carries them, and streams wait for their turn."""
import asyncio

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from hyperframe.frame import GoAwayFrame

MIB = 1024 * 1024


class Reset(Exception):
    """The stream, or its whole session, is over before its end."""


class Stream:
    def __init__(self, session, stream_id):
        self.session, self.id = session, stream_id
        self.head, self.interim, self.trailers = None, [], {}
        self.chunks, self.has_ended, self.is_reset = [], False, False
        self.changed = asyncio.Event()

    async def until(self, holds):
        """Waits until `holds()`; a stream that is over by then never will."""
        while not holds():
            if self.is_reset:
                raise Reset(f"stream {self.id} was reset")
            self.changed.clear()
            await self.changed.wait()

    async def answered(self):
        await self.until(lambda: self.head is not None)
        return self.head

    async def read(self):
        """The next piece, or None at the end. Its credit goes back only now."""
        await self.until(lambda: self.chunks or self.has_ended)
        if not self.chunks:
            return None
        data, credit = self.chunks.pop(0)
        self.session.h2.acknowledge_received_data(credit, self.id)
        self.session.flush()
        return data

    async def write(self, data):
        h2, view = self.session.h2, memoryview(data)
        while len(view) > 0:
            await self.until(lambda: h2.local_flow_control_window(self.id) > 0)
            size = min(len(view), h2.local_flow_control_window(self.id), h2.max_outbound_frame_size)
            h2.send_data(self.id, bytes(view[:size]))
            view = view[size:]
            self.session.flush()
            await self.session.writer.drain()

    def send_headers(self, fields, end=False):
        if self.is_reset:
            raise Reset(f"stream {self.id} was reset")
        self.session.h2.send_headers(self.id, fields, end_stream=end)
        self.session.flush()

    def reset(self, code):
        self.session.h2.reset_stream(self.id, code)
        self.session.flush()


class Session:
    def __init__(self, reader, writer, client_side, on_request=None):
        self.reader, self.writer, self.on_request = reader, writer, on_request
        self.h2 = H2Connection(H2Configuration(client_side=client_side, header_encoding="utf-8"))
        self.streams, self.tasks = {}, set()
        self.cancelled = asyncio.Event()
        self.h2.initiate_connection()
        # One body that nobody reads must not take the whole of the session's window.
        self.h2.increment_flow_control_window(MIB)
        self.flush()

    def open(self, fields, end=False):
        stream = self.stream(self.h2.get_next_available_stream_id())
        stream.send_headers(fields, end)
        return stream

    def stream(self, stream_id):
        return self.streams.setdefault(stream_id, Stream(self, stream_id))

    def flush(self):
        self.writer.write(self.h2.data_to_send())

    def say_goodbye(self):
        """h2's own way ends the session for good, in the midst of what is open; so the frame goes out beside it."""
        self.flush()
        last = max((stream_id for stream_id in self.streams if stream_id % 2), default=0)
        self.writer.write(GoAwayFrame(0, last_stream_id=last).serialize())

    async def run(self):
        try:
            while data := await self.reader.read(65536):
                for event in self.h2.receive_data(data):
                    self.take(event)
                self.flush()
        except ConnectionError:
            pass
        finally:
            for stream in self.streams.values():
                stream.is_reset = stream.is_reset or not stream.has_ended
                stream.changed.set()
            self.writer.close()

    def take(self, event):
        stream_id = getattr(event, "stream_id", None)
        if isinstance(event, (events.WindowUpdated, events.RemoteSettingsChanged)) and not stream_id:
            for stream in self.streams.values():
                stream.changed.set()
        if not stream_id:
            return
        stream = self.stream(stream_id)
        if isinstance(event, (events.RequestReceived, events.ResponseReceived)):
            stream.head = dict(event.headers)
            if isinstance(event, events.RequestReceived):
                self.start(self.on_request(stream))
        elif isinstance(event, events.InformationalResponseReceived):
            stream.interim.append(dict(event.headers))
        elif isinstance(event, events.DataReceived):
            stream.chunks.append((event.data, event.flow_controlled_length))
        elif isinstance(event, events.TrailersReceived):
            stream.trailers = dict(event.headers)
        elif isinstance(event, events.StreamEnded):
            stream.has_ended = True
        elif isinstance(event, events.StreamReset):
            stream.is_reset = True
            self.cancelled.set()
        stream.changed.set()

    def start(self, handler):
        task = asyncio.ensure_future(handler)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
