// A small peer on moby/spdystream that speaks the echo contract: it serves it, or probes somebody who does.
//
//	spdystream-peer serve --listen 127.0.0.1:0
//	spdystream-peer probe --connect 127.0.0.1:9000 --streams 20 --bytes 20000 --concurrency 5 --skip push
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
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
		streams := flags.Int("streams", 20, "echo streams in all")
		bytes := flags.Int("bytes", 20000, "bytes on each echo stream")
		concurrency := flags.Int("concurrency", 5, "echo streams at once")
		skip := flags.String("skip", "", "checks to leave out, comma-separated")
		timeout := flags.Duration("timeout", 60*time.Second, "time for everything")
		flags.Parse(os.Args[2:])
		os.Exit(probe(options{
			address:     *connect,
			streams:     *streams,
			bytes:       *bytes,
			concurrency: *concurrency,
			skip:        strings.Split(*skip, ","),
			timeout:     *timeout,
		}))
	default:
		usage()
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: spdystream-peer serve|probe [flags]")
	os.Exit(2)
}
