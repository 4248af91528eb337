package main

import (
	"net"
	"time"
)

// lingering is a connection whose Close lets the last bytes arrive. spdystream closes the socket right behind its last
// frame; if the peer has sent anything unread by then, the kernel answers with a TCP reset and the peer may lose them
// (moby/spdystream#111). So Close ends our direction only, the read loop goes on to the peer's end, and time does the
// rest.
type lingering struct{ *net.TCPConn }

const lingerTime = time.Second

func (c lingering) Close() error {
	time.AfterFunc(lingerTime, func() { c.TCPConn.Close() })
	return c.TCPConn.CloseWrite()
}
