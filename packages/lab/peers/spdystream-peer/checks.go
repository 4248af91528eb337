package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/moby/spdystream"
)

const (
	frameSize = 8192
	replyTime = 10 * time.Second
	// How long a flag of spdystream may lag behind the end of file that belongs to it.
	settleTime = 2 * time.Second
)

type check struct {
	name string
	run  func() error
}

// checks in the contract's words and order; goaway is last, for nothing comes after it.
func (p *prober) checks() []check {
	return []check{
		{"echo", p.echo},
		{"halfClose", p.halfClose},
		{"reset", p.reset},
		{"refuse", p.refuse},
		{"trailers", p.trailers},
		{"push", p.push},
		{"ping", p.ping},
		{"goaway", p.goaway},
	}
}

func (p *prober) echo() error {
	next := make(chan int, p.streams)
	for i := 0; i < p.streams; i++ {
		next <- i
	}
	close(next)
	results := make(chan error, p.concurrency)
	for w := 0; w < p.concurrency; w++ {
		go func() {
			for i := range next {
				if err := p.echoOnce(i, ""); err != nil {
					results <- fmt.Errorf("stream %d: %w", i, err)
					return
				}
			}
			results <- nil
		}()
	}
	var first error
	for w := 0; w < p.concurrency; w++ {
		if err := <-results; err != nil && first == nil {
			first = err
		}
	}
	return first
}

// echoOnce writes and reads at the same time: without flow control, what nobody reads stops the peer. A failed write
// counts only if bytes are missing: the last piece of our end is empty, and a peer that goes away may be faster.
func (p *prober) echoOnce(i int, test string) error {
	stream, err := p.open(i, test)
	if err != nil {
		return err
	}
	want := testBytes(i, p.bytes)
	written := make(chan error, 1)
	go func() { written <- writeAll(stream, want) }()
	go dropHeaders(stream)
	got := readAll(stream)
	failed := <-written
	if err := same(got, want); err != nil && failed != nil {
		return failed
	} else {
		return err
	}
}

// halfClose: what was sent before our end still comes back after it, and an end alone is answered with an end alone.
func (p *prober) halfClose() error {
	for _, want := range [][]byte{testBytes(1, 1000), {}} {
		stream, err := p.open(1, "")
		if err != nil {
			return err
		}
		go dropHeaders(stream)
		if err := writeAll(stream, want); err != nil {
			return err
		}
		if err := same(readAll(stream), want); err != nil {
			return err
		}
	}
	return nil
}

// reset: the stream ends though we never closed our half, and writing is over too.
func (p *prober) reset() error {
	stream, err := p.open(2, "reset")
	if err != nil {
		return err
	}
	readAll(stream)
	for deadline := time.Now().Add(settleTime); !stream.IsFinished(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return errors.New("expected a reset, got an end")
		}
	}
	return nil
}

func (p *prober) refuse() error {
	stream, err := p.session.CreateStream(requestHeaders(3, "refuse"), nil, false)
	if err != nil {
		return err
	}
	if err := stream.WaitTimeout(replyTime); err != spdystream.ErrReset {
		return fmt.Errorf("expected a reset before any reply, got %v", err)
	}
	return nil
}

func (p *prober) trailers() error {
	stream, err := p.open(4, "trailers")
	if err != nil {
		return err
	}
	trailer := make(chan string, 1)
	go func() {
		headers, _ := stream.ReceiveHeader()
		trailer <- headers.Get("x-trailer-sha256")
	}()
	body := testBytes(4, p.bytes)
	written := make(chan error, 1)
	go func() { written <- writeAll(stream, body) }()
	got := readAll(stream)
	if err := <-written; err != nil {
		return err
	}
	if err := same(got, body); err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	if got := <-trailer; got != hex.EncodeToString(sum[:]) {
		return fmt.Errorf("expected the body's sha256 as trailer, got %q", got)
	}
	return nil
}

func (p *prober) push() error {
	stream, err := p.open(5, "push")
	if err != nil {
		return err
	}
	go dropHeaders(stream)
	var pushed *spdystream.Stream
	select {
	case pushed = <-p.pushed:
	case <-time.After(replyTime):
		return errors.New("no stream was pushed")
	}
	go dropHeaders(pushed)
	if pushed.Parent() == nil || pushed.Parent().Identifier() != stream.Identifier() {
		return errors.New("the pushed stream is not associated to ours")
	}
	if from := pushed.Headers().Get("x-from"); from != "server" {
		return fmt.Errorf("expected x-from: server, got %q", from)
	}
	if err := same(readAll(pushed), testBytes(9999, 1024)); err != nil {
		return fmt.Errorf("pushed: %w", err)
	}
	pushed.Close()
	body := testBytes(5, 1000)
	if err := writeAll(stream, body); err != nil {
		return err
	}
	return same(readAll(stream), body)
}

func (p *prober) ping() error {
	_, err := p.session.Ping()
	return err
}

func (p *prober) goaway() error {
	if err := p.echoOnce(6, "goaway"); err != nil {
		return err
	}
	select {
	case <-p.goneBy:
		return nil
	case <-time.After(replyTime):
		return errors.New("no GOAWAY came")
	}
}

// open starts a stream and waits for its reply. What the reply says cannot be checked: spdystream forgets its headers.
func (p *prober) open(i int, test string) (*spdystream.Stream, error) {
	stream, err := p.session.CreateStream(requestHeaders(i, test), nil, false)
	if err != nil {
		return nil, err
	}
	if err := stream.WaitTimeout(replyTime); err != nil {
		return nil, fmt.Errorf("no reply: %w", err)
	}
	return stream, nil
}

func requestHeaders(i int, test string) http.Header {
	n := strconv.Itoa(i)
	headers := http.Header{
		":method": {"POST"}, ":path": {"/echo/" + n}, ":scheme": {"http"}, ":host": {"peer"},
		":version": {"HTTP/1.1"}, "X-Stream": {n},
	}
	if test != "" {
		headers.Set("x-test", test)
	}
	return headers
}

func writeAll(stream *spdystream.Stream, data []byte) error {
	for len(data) > 0 {
		n := frameSize
		if n > len(data) {
			n = len(data)
		}
		if _, err := stream.Write(data[:n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return stream.Close()
}

func readAll(stream *spdystream.Stream) []byte {
	var all []byte
	for {
		chunk, err := stream.ReadData()
		if err != nil {
			return all
		}
		all = append(all, chunk...)
	}
}

func same(got, want []byte) error {
	if !bytes.Equal(got, want) {
		return fmt.Errorf("expected %d echoed bytes, got %d or others", len(want), len(got))
	}
	return nil
}
