package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
)

var (
	errLost     = rtmperr.New(rtmperr.ErrNetwork, "lost")
	errBadName  = &rtmperr.ServerError{Command: "publish", Code: "NetStream.Publish.BadName"}
	errBadAuth  = &rtmperr.ServerError{Command: "publish", Code: "NetStream.Publish.BadAuth"}
	errSome     = &rtmperr.ServerError{Command: "publish", Code: "NetStream.Publish.Failed"}
	errFile     = &sourceError{errLost}
	everlasting = options.Reconnect{On: true, Min: time.Second, Max: time.Minute}
)

// The waits double, from the shortest to the longest, with as much chance in them as is wanted.
func TestRetriesBackOff(t *testing.T) {
	for _, ca := range []struct {
		name    string
		options options.Reconnect
		random  float64
		err     error
		want    []float64 // seconds
	}{
		{"least", everlasting, 0, errLost, []float64{1, 2, 4, 8, 16, 30, 30}},
		{"half", everlasting, 0.5, errLost, []float64{1.5, 3, 6, 12, 24, 45, 45}},
		{"most", everlasting, 1, errLost, []float64{2, 4, 8, 16, 32, 60, 60}},
		{"constant", options.Reconnect{On: true, Min: time.Second, Max: time.Second}, 0, errLost, []float64{1, 1, 1}},
		{"longest below shortest", options.Reconnect{On: true, Min: 5 * time.Second, Max: time.Second}, 0.3, errLost, []float64{5, 5}},
		{"limited", options.Reconnect{On: true, Min: time.Second, Max: time.Minute, Attempts: 2}, 0, errLost, []float64{1, 2, -1}},
		{"off", options.Reconnect{Min: time.Second, Max: time.Minute}, 0, errLost, []float64{-1}},
		{"refused", everlasting, 0, errSome, []float64{1, 2}},
		{"the URL is wrong", everlasting, 0, errBadAuth, []float64{-1}},
		{"the source is broken", everlasting, 0, errFile, []float64{-1}},
		{"a mistake of ours", everlasting, 0, rtmperr.Guard(func() error { panic("x") }), []float64{-1}},
		{"name in use", everlasting, 1, errBadName, []float64{2, 4, 8, 10, 10}},
	} {
		t.Run(ca.name, func(t *testing.T) {
			r := retries{random: func() float64 { return ca.random }}
			now := time.Unix(1000, 0)
			for _, want := range ca.want {
				wait, again := r.next(ca.options, ca.err, 0, false, now)
				if !again {
					wait = -time.Second
				}
				require.InDelta(t, want, wait.Seconds(), 1e-6)
			}
		})
	}
}

func TestRetriesNeverOverflow(t *testing.T) {
	r := newRetries()
	o := options.Reconnect{On: true, Min: time.Hour, Max: 24 * time.Hour}
	for range 200 {
		wait, again := r.next(o, errLost, 0, false, time.Now())
		require.True(t, again)
		require.GreaterOrEqual(t, wait, o.Min)
		require.LessOrEqual(t, wait, o.Max)
	}
}

func TestRetriesAfterAStableTime(t *testing.T) {
	r := retries{random: func() float64 { return 0 }}
	o := options.Reconnect{On: true, Min: time.Second, Max: time.Minute, Attempts: 2}
	now := time.Unix(1000, 0)
	for range 5 {
		for want := range 2 {
			wait, again := r.next(o, errLost, stableTime, false, now)
			require.True(t, again)
			require.Equal(t, time.Second, wait, want)
		}
	}
	_, again := r.next(o, errLost, stableTime-1, false, now)
	require.True(t, again)
	_, again = r.next(o, errLost, stableTime-1, false, now)
	require.False(t, again, "a connection that does not hold is a failure")
}

// A name in use is tried for more than a minute although the attempts are used up.
func TestRetriesOfAStaleName(t *testing.T) {
	r := retries{random: func() float64 { return 0.5 }}
	o := options.Reconnect{On: true, Min: time.Second, Max: time.Minute, Attempts: 1}
	start := time.Unix(1000, 0)
	now := start
	_, again := r.next(o, errLost, time.Hour, false, now)
	require.True(t, again)
	for {
		wait, again := r.next(o, errBadName, 0, false, now)
		if !again {
			break
		}
		require.LessOrEqual(t, wait, staleNamePause)
		now = now.Add(wait)
	}
	require.Greater(t, now.Sub(start), 60*time.Second)
	require.Less(t, now.Sub(start), 2*staleName)
	_, again = r.next(o, errLost, 0, false, now)
	require.False(t, again)
}

// A URL that is refused for itself: see denies.
func TestRetriesOfAWrongURL(t *testing.T) {
	r := retries{random: func() float64 { return 0 }}
	wait, again := r.next(everlasting, errBadAuth, 0, true, time.Now())
	require.True(t, again, "there may be another")
	require.Equal(t, time.Second, wait)

	r = retries{random: func() float64 { return 0 }}
	r.next(everlasting, errLost, time.Second, false, time.Now())
	wait, again = r.next(everlasting, errBadAuth, 0, false, time.Now())
	require.True(t, again, "it was accepted before")
	require.Equal(t, everlasting.Max/2, wait)
}
