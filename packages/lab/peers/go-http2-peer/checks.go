package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"sync/atomic"
)

type check struct {
	name string
	run  func() error
}

// checks in the contract's words; goaway is last, for it ends the connection.
func (p *prober) checks() []check {
	return []check{
		{"bytes", p.getBytes},
		{"echo", p.echo},
		{"upload", func() error { return p.echoOnce(4 * mib) }},
		{"unread", p.unread},
		{"cancel", p.cancel},
		{"hints", p.hints},
		{"goaway", p.goaway},
	}
}

func (p *prober) getBytes() error {
	for _, size := range []int64{0, 1, 16384, 8 * mib} {
		response, err := p.get(fmt.Sprintf("/bytes/%d", size))
		if err != nil {
			return err
		}
		if err := whole(response, size); err != nil {
			return err
		}
	}
	return nil
}

// echo runs the streams that were asked for, so many at once.
func (p *prober) echo() error {
	next := make(chan int, p.streams)
	for i := 0; i < p.streams; i++ {
		next <- i
	}
	close(next)
	results := make(chan error, p.concurrency)
	for w := 0; w < p.concurrency; w++ {
		go func() {
			var err error
			for range next {
				if err = p.echoOnce(p.bytes); err != nil {
					break
				}
			}
			results <- err
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

// echoOnce sends a body with a trailer, and wants both back.
func (p *prober) echoOnce(size int) error {
	body := make([]byte, size)
	rand.Read(body)
	sum := hexOf(body)
	request, err := http.NewRequest("POST", "http://"+p.address+"/echo", io.NopCloser(bytes.NewReader(body)))
	if err != nil {
		return err
	}
	request.Trailer = http.Header{"X-Sum": {sum}}
	response, err := p.transport.RoundTrip(request)
	if err != nil {
		return err
	}
	if err := whole(response, int64(size)); err != nil {
		return err
	}
	if got := response.Trailer.Get("X-Echo-Sum"); got != sum {
		return fmt.Errorf("expected our trailer back, got %q", got)
	}
	if got := response.Trailer.Get("X-Sha256"); got != sum {
		return errors.New("what came back is not what was sent")
	}
	return nil
}

// unread: a body that nobody reads holds nobody else up, and is whole afterwards.
func (p *prober) unread() error {
	response, err := p.get(fmt.Sprintf("/bytes/%d", 16*mib))
	if err != nil {
		return err
	}
	for i := 0; i < 5; i++ {
		if err := p.echoOnce(100000); err != nil {
			return err
		}
	}
	return whole(response, 16*mib)
}

func (p *prober) cancel() error {
	midway, err := p.get(fmt.Sprintf("/bytes/%d", 16*mib))
	if err != nil {
		return err
	}
	midway.Body.Read(make([]byte, 1))
	midway.Body.Close()

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	written := make(chan struct{})
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(written) }}
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), "GET", "http://"+p.address+"/hang", nil)
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() {
		_, err := p.transport.RoundTrip(request)
		failed <- err
	}()
	<-written
	// What is cancelled in the same breath no handler need ever see.
	if err := p.echoOnce(10); err != nil {
		return err
	}
	stop()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		return fmt.Errorf("expected a cancelled request, got %v", err)
	}
	response, err := p.get("/cancelled")
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func (p *prober) hints() error {
	link := ""
	trace := &httptrace.ClientTrace{Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
		if code == http.StatusEarlyHints {
			link = header.Get("Link")
		}
		return nil
	}}
	ctx := httptrace.WithClientTrace(context.Background(), trace)
	request, err := http.NewRequestWithContext(ctx, "GET", "http://"+p.address+"/hints", nil)
	if err != nil {
		return err
	}
	response, err := p.transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != 200 || link != "</style.css>; rel=preload" {
		return fmt.Errorf("expected hints and 200, got %q and %d", link, response.StatusCode)
	}
	return nil
}

// goaway: what is under way comes whole, and the next request takes a new connection.
func (p *prober) goaway() error {
	early, err := p.get(fmt.Sprintf("/bytes/%d", 8*mib))
	if err != nil {
		return err
	}
	before := atomic.LoadInt32(&p.dials)
	going, err := p.get("/goaway")
	if err != nil {
		return err
	}
	if err := whole(going, mib); err != nil {
		return err
	}
	if err := p.echoOnce(1000); err != nil {
		return err
	}
	if dials := atomic.LoadInt32(&p.dials); dials != before+1 {
		return fmt.Errorf("expected a new connection after GOAWAY, got %d", dials-before)
	}
	return whole(early, 8*mib)
}

// whole reads a body to its end and compares it with the digest behind it.
func whole(response *http.Response, size int64) error {
	defer response.Body.Close()
	digest := sha256.New()
	n, err := io.Copy(digest, response.Body)
	if err != nil {
		return err
	}
	if n != size {
		return fmt.Errorf("expected %d bytes, got %d", size, n)
	}
	if response.Trailer.Get("X-Sha256") != hex.EncodeToString(digest.Sum(nil)) {
		return errors.New("the body has another digest than its trailer says")
	}
	return nil
}

func hexOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
