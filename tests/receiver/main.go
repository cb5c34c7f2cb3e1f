// Command receiver accepts RTMP publishers and records each stream, as it came, into an FLV file.
//
// It is built on github.com/bluenviron/gortmplib, which shares no code with this project: handshake, chunks, AMF0 and
// the reading of every message are that library's, so that what it accepts another implementation has understood.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = `receiver: accepts RTMP publishers and records every stream into an FLV file.

  receiver [-addr HOST:PORT] [-dir DIR] [-once] [-cert PEM -key PEM] [-user USER -pass PASSWORD]

Publish to rtmp://HOST:PORT/app/stream; the recording is DIR/app_stream.flv (a second one of
the same name DIR/app_stream-2.flv). Tag bodies and timestamps are those of the wire.
What happens is printed as lines of JSON, one an event:

  listening  the address, with the real port
  connect    a publisher's connect command was accepted
  publish    the name, the answer (accepted, refused or none) and the file
  media      the first audio, video and data message of a stream
  reconnect  a publisher was asked to connect again
  end        a stream is over and its file complete: messages, bytes, seconds, why
  close      a connection is over, and why

Stream names that misbehave on purpose:

  deny...    the publish command is refused
  mute...    the publish command gets no answer
  cutN...    the connection is closed after N seconds
  slow...    is read at about 20 kB/s
  reconnectN...  is asked, N seconds after it began, to connect again; a second stream of the same name is not
  hopsN...   the same, and every stream of that name is

What the answer to connect declares of Enhanced RTMP is up to -caps:

  none       nothing, as servers of before Enhanced RTMP
  v1         fourCcList with the video codecs of version 1: av01, vp09, hvc1
  v2         fourCcList, videoFourCcInfoMap, audioFourCcInfoMap and capsEx with all that there is

All is recorded, whatever was declared. Of codecs that gortmplib does not know (VP8, E-AC-3) and
of ModEx the event unjudged says once for each stream that nothing but the recording is done.

With -cert and -key it speaks RTMP over TLS. With -user it asks for a password, as servers of Adobe's
family do (authmod=adobe), and records nothing.

SIGINT and SIGTERM complete the files and end the program with status 0.

`

func main() {
	flags := flag.NewFlagSet("receiver", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:1935", "listen here; port 0 takes a free one")
	dir := flags.String("dir", ".", "write recordings into this folder, which is made when it is missing")
	caps := flags.String("caps", "none", "what connect is told of Enhanced RTMP: none, v1 or v2")
	reconnectURL := flags.String("reconnect-url", "", "the tcUrl, absolute or relative, in requests to connect again; empty: none")
	once := flags.Bool("once", false, "exit when the first accepted stream is over")
	cert := flags.String("cert", "", "speak TLS, with the certificate in this PEM file")
	key := flags.String("key", "", "and its key in this one")
	user := flags.String("user", "", "let in this user only")
	pass := flags.String("pass", "", "with this password")
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}

	switch err := flags.Parse(os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		os.Exit(2)
	case flags.NArg() > 0:
		fmt.Fprintf(os.Stderr, "receiver: unexpected argument %q, see -h\n", flags.Arg(0))
		os.Exit(2)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	if _, ok := declared[*caps]; !ok {
		fmt.Fprintf(os.Stderr, "receiver: -caps %s: none, v1 or v2 expected\n", *caps)
		os.Exit(2)
	}

	s := &server{dir: *dir, once: *once, user: *user, pass: *pass, caps: *caps, reconnectURL: *reconnectURL, log: &eventLog{w: os.Stdout}}
	if *cert != "" {
		pair, err := tls.LoadX509KeyPair(*cert, *key)
		if err != nil {
			fmt.Fprintln(os.Stderr, "receiver:", err)
			os.Exit(1)
		}
		s.tls = &tls.Config{Certificates: []tls.Certificate{pair}}
	}
	if err := s.run(ctx, *addr); err != nil {
		fmt.Fprintln(os.Stderr, "receiver:", err)
		os.Exit(1)
	}
}
