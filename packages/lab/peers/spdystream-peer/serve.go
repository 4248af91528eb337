package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/moby/spdystream"
)

// How long a session that was asked to end waits for streams that do not.
const closeTimeout = time.Second

func serve(address string) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("{\"listening\":%d}\n", listener.Addr().(*net.TCPAddr).Port)
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go serveSession(conn.(*net.TCPConn))
	}
}

func serveSession(conn *net.TCPConn) {
	session, err := spdystream.NewConnection(lingering{conn}, true)
	if err != nil {
		conn.Close()
		return
	}
	session.SetCloseTimeout(closeTimeout)
	session.NotifyClose(make(chan *spdystream.Stream, 1), closeTimeout)
	session.Serve(func(stream *spdystream.Stream) { answer(session, stream) })
	conn.Close()
}

// answer runs on one of the five workers that carry all frames, so it replies at once (frames before the reply are
// dropped) and leaves the rest to goroutines: a worker that waits holds up a fifth of all streams.
func answer(session *spdystream.Connection, stream *spdystream.Stream) {
	test := stream.Headers().Get("x-test")
	if test == "refuse" {
		stream.Refuse()
		go drain(stream)
		return
	}
	if stream.SendReply(replyHeaders(stream.Headers()), false) != nil {
		return
	}
	go dropHeaders(stream)
	switch {
	case test == "reset":
		stream.Reset()
	case stream.Headers().Get(":method") == "GET":
		stream.Write([]byte("hello from spdystream\n"))
		stream.Close()
	default:
		if test == "push" {
			go push(stream)
		}
		go echo(session, stream, test)
	}
}

func replyHeaders(request http.Header) http.Header {
	reply := http.Header{":status": {"200 OK"}, ":version": {"HTTP/1.1"}}
	for name, values := range request {
		if strings.HasPrefix(strings.ToLower(name), "x-") {
			reply["X-Echo-"+name] = values
		}
	}
	return reply
}

func echo(session *spdystream.Connection, stream *spdystream.Stream, test string) {
	digest := sha256.New()
	for {
		chunk, err := stream.ReadData()
		if err != nil {
			break
		}
		digest.Write(chunk)
		if _, err := stream.Write(chunk); err != nil {
			break
		}
	}
	if test == "trailers" {
		stream.SendHeader(http.Header{"X-Trailer-Sha256": {hex.EncodeToString(digest.Sum(nil))}}, false)
	}
	stream.Close()
	if test == "goaway" {
		session.Close()
	}
}

// push opens a stream associated to the peer's. Someone has to wait for its reply: a reset that finds nobody waiting
// stops its worker.
func push(parent *spdystream.Stream) {
	stream, err := parent.CreateSubStream(http.Header{
		":method": {"GET"}, ":path": {"/pushed"}, ":scheme": {"http"}, ":host": {"peer"},
		":status": {"200 OK"}, ":version": {"HTTP/1.1"}, "X-From": {"server"},
	}, false)
	if err != nil {
		return
	}
	go stream.WaitTimeout(closeTimeout)
	go drain(stream)
	stream.Write(testBytes(9999, 1024))
	stream.Close()
}

// drain and dropHeaders take what nobody asks for, so that no worker waits with it.
func drain(stream *spdystream.Stream) {
	for {
		if _, err := stream.ReadData(); err != nil {
			return
		}
	}
}

func dropHeaders(stream *spdystream.Stream) {
	for {
		if _, err := stream.ReceiveHeader(); err != nil {
			return
		}
	}
}
