package core

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Package context takes a cancellation for what it is.
func TestCancellation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &cancellation{}
		require.NoError(t, e.Err())
		child, cancel := context.WithTimeout(e, time.Hour)
		defer cancel()
		called := 0
		context.AfterFunc(e, func() { called++ })
		stop := context.AfterFunc(e, func() { called += 10 })
		require.True(t, stop())
		require.False(t, stop())
		early, give := context.WithCancel(e)
		give()
		require.Error(t, early.Err())
		synctest.Wait()
		require.Len(t, e.calls, 2, "what is stopped is forgotten")

		unasked := &cancellation{}
		unasked.end()
		<-unasked.Done()
		e.end()
		e.end()
		<-e.Done()
		<-child.Done()
		synctest.Wait()
		require.Equal(t, 1, called)
		require.ErrorIs(t, e.Err(), context.Canceled)
		require.ErrorIs(t, child.Err(), context.Canceled)
		stop = context.AfterFunc(e, func() { called += 100 })
		synctest.Wait()
		require.False(t, stop(), "too late")
		require.Equal(t, 101, called)
		stop = e.AfterFunc(func() { called += 1000 })
		synctest.Wait()
		require.False(t, stop())
		require.Equal(t, 1101, called)
	})
}
