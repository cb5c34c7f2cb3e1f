package core

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/endpoint"
	"luatrtmp/core/rtmperr"
	"luatrtmp/tests/script"
)

// A fresh URL for each attempt but the first, set in the function or later from elsewhere.
func TestReconnectURL(t *testing.T) {
	for _, later := range []bool{false, true} {
		noLeak(t)
		a, b := script.Listen(t), script.Listen(t)
		p, w := newPublisher(t, a.URL("live/key?token=1"), quick...)
		asked := make(chan struct{}, 1)
		p.NotifyURL(func() bool {
			if later {
				asked <- struct{}{}
			} else {
				require.NoError(t, p.SetURL(b.URL("live/key?token=2")))
			}
			return later
		})
		require.NoError(t, p.Connect())
		c := a.Accept()
		c.AcceptConnect()
		c.AcceptStream()
		require.Equal(t, "key?token=1", c.AcceptPublish().Arguments[0])
		c.Close()
		w.until(StateError)
		if later {
			<-asked
			require.ErrorIs(t, p.SetURL("http://h/x"), rtmperr.ErrInvalid)
			require.NoError(t, p.SetURL(b.URL("live/key?token=2")))
		}
		c = b.Accept()
		c.AcceptConnect()
		c.AcceptStream()
		require.Equal(t, "key?token=2", c.AcceptPublish().Arguments[0])
		w.until(StatePublishing)
		go c.Drain()
		p.Disconnect()
		p.Close()
	}
}

// A URL that does not come is not waited for for ever.
func TestReconnectURLNeverComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, ca := range []struct {
			name string
			url  func(*Publisher) bool
			want time.Duration
		}{
			{"nobody is asked", nil, time.Second},
			{"there is none", func(*Publisher) bool { return false }, time.Second},
			{"there is none after all", func(p *Publisher) bool {
				time.AfterFunc(time.Second, p.KeepURL)
				return true
			}, 2 * time.Second},
			{"it never comes", func(*Publisher) bool { return true }, time.Second + urlWait},
		} {
			p := New(quietLog())
			p.KeepURL()
			s := newSession(p, &endpoint.Endpoint{}, defaults())
			p.session = s
			p.KeepURL()
			if ca.url != nil {
				p.NotifyURL(func() bool { return ca.url(p) })
			}
			begin := time.Now()
			require.True(t, s.pause(time.Second), ca.name)
			require.Equal(t, ca.want, time.Since(begin), ca.name)
			s.beginAbort()
			require.False(t, s.pause(time.Second))
		}
	})
}
