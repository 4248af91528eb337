package main

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
)

type options struct {
	address                     string
	streams, bytes, concurrency int
	skip                        []string
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

// How long one check may take.
const checkTime = 20 * time.Second

// A prober runs the checks; all go over one connection until the server says goodbye.
type prober struct {
	options
	transport *http2.Transport
	dials     int32
}

// probe runs every check, prints the report as one line of JSON and gives the exit code.
func probe(o options) int {
	result := report{OK: true, Streams: o.streams, Bytes: o.bytes, Checks: map[string]outcome{}}
	started := time.Now()
	p := &prober{options: o}
	p.transport = &http2.Transport{AllowHTTP: true, DialTLS: p.dial, DisableCompression: true}
	for _, check := range p.checks() {
		if contains(o.skip, check.name) {
			result.Checks[check.name] = outcome{OK: true, Skipped: true}
			continue
		}
		if err := within(checkTime, check.run); err != nil {
			result.OK = false
			result.Checks[check.name] = outcome{Error: err.Error()}
			continue
		}
		result.Checks[check.name] = outcome{OK: true}
	}
	result.Ms = float64(time.Since(started).Microseconds()) / 1000
	json.NewEncoder(os.Stdout).Encode(result)
	if !result.OK {
		return 1
	}
	return 0
}

// dial makes no TLS: prior knowledge.
func (p *prober) dial(network, _ string, _ *tls.Config) (net.Conn, error) {
	atomic.AddInt32(&p.dials, 1)
	return net.Dial(network, p.address)
}

func (p *prober) get(path string) (*http.Response, error) {
	request, err := http.NewRequest("GET", "http://"+p.address+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := p.transport.RoundTrip(request)
	if err == nil && response.StatusCode != 200 {
		return nil, fmt.Errorf("%s: expected 200, got %d", path, response.StatusCode)
	}
	return response, err
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
