package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/net/http2"
)

const mib = 1 << 20

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
		go serveSession(conn)
	}
}

// serveSession gives each session a server of its own, so that one can say goodbye alone.
func serveSession(conn net.Conn) {
	s := &session{cancelled: make(chan struct{}, 1), server: &http.Server{}}
	s.server.Handler = s
	settings := &http2.Server{}
	http2.ConfigureServer(s.server, settings)
	settings.ServeConn(conn, &http2.ServeConnOpts{BaseConfig: s.server})
}

type session struct {
	server    *http.Server
	cancelled chan struct{}
}

func (s *session) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	switch {
	case strings.HasPrefix(path, "/bytes/"):
		size, _ := strconv.Atoi(strings.TrimPrefix(path, "/bytes/"))
		sendBytes(w, size)
	case path == "/echo":
		echo(w, r)
	case path == "/hints":
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		io.WriteString(w, "hinted")
	case path == "/hang":
		<-r.Context().Done()
		s.cancelled <- struct{}{}
	case path == "/cancelled":
		<-s.cancelled
	case path == "/goaway":
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		s.server.Shutdown(context.Background())
		sendBytes(w, mib)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func sendBytes(w http.ResponseWriter, size int) {
	digest := sha256.New()
	io.CopyN(io.MultiWriter(w, digest), rand.Reader, int64(size))
	setTrailer(w, "X-Sha256", hex.EncodeToString(digest.Sum(nil)))
}

func echo(w http.ResponseWriter, r *http.Request) {
	digest := sha256.New()
	w.(http.Flusher).Flush()
	io.Copy(io.MultiWriter(flushing{w}, digest), r.Body)
	setTrailer(w, "X-Sha256", hex.EncodeToString(digest.Sum(nil)))
	setTrailer(w, "X-Echo-Sum", r.Trailer.Get("X-Sum"))
}

func setTrailer(w http.ResponseWriter, name, value string) {
	w.Header().Set(http.TrailerPrefix+name, value)
}

// flushing sends each piece on at once: somebody may wait for it before he sends the next.
type flushing struct{ http.ResponseWriter }

func (f flushing) Write(bytes []byte) (int, error) {
	n, err := f.ResponseWriter.Write(bytes)
	f.ResponseWriter.(http.Flusher).Flush()
	return n, err
}
