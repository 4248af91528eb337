// A small peer on golang.org/x/net/http2 that speaks the HTTP contract: it serves it, or probes somebody who does.
//
//	go-http2-peer serve --listen 127.0.0.1:0
//	go-http2-peer probe --connect 127.0.0.1:9000 --streams 100 --bytes 80000 --concurrency 100 --skip hints
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	if len(os.Args) < 2 {
		usage()
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	switch os.Args[1] {
	case "serve":
		listen := flags.String("listen", "127.0.0.1:0", "address to listen on")
		flags.Parse(os.Args[2:])
		serve(*listen)
	case "probe":
		connect := flags.String("connect", "", "address of the server")
		streams := flags.Int("streams", 100, "echo streams in all")
		bytes := flags.Int("bytes", 80000, "bytes on each echo stream")
		concurrency := flags.Int("concurrency", 100, "echo streams at once")
		skip := flags.String("skip", "", "checks to leave out, comma-separated")
		flags.Parse(os.Args[2:])
		os.Exit(probe(options{
			address:     *connect,
			streams:     *streams,
			bytes:       *bytes,
			concurrency: *concurrency,
			skip:        strings.Split(*skip, ","),
		}))
	default:
		usage()
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: go-http2-peer serve|probe [flags]")
	os.Exit(2)
}
