package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/moby/spdystream"
)

type options struct {
	address                     string
	streams, bytes, concurrency int
	skip                        []string
	timeout                     time.Duration
}

// outcome of one check: passed, skipped or failed with a reason.
type outcome struct {
	OK      bool   `json:"ok"`
	Skipped bool   `json:"skipped,omitempty"`
	Error   string `json:"error,omitempty"`
}

type report struct {
	OK      bool               `json:"ok"`
	Streams int                `json:"streams"`
	Bytes   int                `json:"bytes"`
	Ms      float64            `json:"ms"`
	Checks  map[string]outcome `json:"checks"`
}

// A prober runs the checks on one session; streams that the server opens arrive on pushed.
type prober struct {
	options
	session *spdystream.Connection
	pushed  chan *spdystream.Stream
	goneBy  chan *spdystream.Stream
}

// probe runs every check, prints the report as one line of JSON and gives the exit code.
func probe(o options) int {
	result := report{OK: true, Streams: o.streams, Bytes: o.bytes, Checks: map[string]outcome{}}
	started := time.Now()
	p, err := dial(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for _, check := range p.checks() {
		if contains(o.skip, check.name) {
			result.Checks[check.name] = outcome{OK: true, Skipped: true}
			continue
		}
		if err := within(o.timeout-time.Since(started), check.run); err != nil {
			result.OK = false
			result.Checks[check.name] = outcome{Error: err.Error()}
			continue
		}
		result.Checks[check.name] = outcome{OK: true}
	}
	p.session.Close()
	result.Ms = float64(time.Since(started).Microseconds()) / 1000
	json.NewEncoder(os.Stdout).Encode(result)
	if !result.OK {
		return 1
	}
	return 0
}

func dial(o options) (*prober, error) {
	conn, err := net.Dial("tcp", o.address)
	if err != nil {
		return nil, err
	}
	session, err := spdystream.NewConnection(lingering{conn.(*net.TCPConn)}, false)
	if err != nil {
		return nil, err
	}
	p := &prober{
		options: o,
		session: session,
		pushed:  make(chan *spdystream.Stream, 1),
		goneBy:  make(chan *spdystream.Stream, 1),
	}
	session.SetCloseTimeout(closeTimeout)
	session.NotifyClose(p.goneBy, closeTimeout)
	go session.Serve(p.accept)
	return p, nil
}

// accept takes a pushed stream. It has to reply even so: spdystream drops data of streams it has not replied to.
func (p *prober) accept(stream *spdystream.Stream) {
	stream.SendReply(nil, false)
	select {
	case p.pushed <- stream:
	default:
		stream.Reset()
	}
}

// within runs a check that must not take longer than the time that is left; one that hangs is left behind.
func within(left time.Duration, run func() error) error {
	done := make(chan error, 1)
	go func() { done <- run() }()
	select {
	case err := <-done:
		return err
	case <-time.After(left):
		return errors.New("timed out")
	}
}

func contains(list []string, name string) bool {
	for _, entry := range list {
		if entry == name {
			return true
		}
	}
	return false
}
