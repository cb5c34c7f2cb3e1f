package main

import (
	"fmt"
	"strings"

	"github.com/bluenviron/gortmplib"
)

// runWithPassword serves a connection whose publisher has to give a password. All of it is gortmplib's, which judges the
// answer; nothing is recorded. It never returns nil.
func (c *conn) runWithPassword(user, pass string) error {
	sc := &gortmplib.ServerConn{RW: c}
	if err := sc.Initialize(); err != nil {
		return err
	}
	if err := sc.AcceptConnIfCredentialsMatch(user, pass); err != nil {
		return err
	}
	app, stream, _ := strings.Cut(strings.TrimPrefix(sc.URL.Path, "/"), "/")
	c.log.put(event{Event: "connect", Conn: c.id, Remote: c.nc.RemoteAddr().String(), App: app, FlashVer: sc.FlashVer})
	if !sc.Publish {
		return fmt.Errorf("publish did not come")
	}
	if err := sc.AcceptAction(); err != nil {
		return err
	}
	c.log.put(event{Event: "publish", Conn: c.id, App: app, Stream: stream, Query: sc.URL.RawQuery, Answer: "accepted"})
	for {
		if _, err := sc.Read(); err != nil {
			return why(err)
		}
	}
}
