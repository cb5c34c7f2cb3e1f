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
		require.Equal(t, 2, waiting(e), "what is stopped is forgotten")

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

// waiting counts what is going to be called.
func waiting(c *cancellation) (n int) {
	for call := c.calls; call != nil; call = call.next {
		n++
	}
	return n
}

func TestChildOfACancellation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent := &cancellation{}
		with, endWith := parent.child()
		defer endWith()
		before, endBefore := parent.child()
		endBefore()
		require.ErrorIs(t, before.Err(), context.Canceled)
		require.NoError(t, with.Err())
		require.Equal(t, 1, waiting(parent))
		parent.end()
		<-with.Done()
		late, endLate := parent.child()
		<-late.Done()
		endLate()
	})
}

func TestLimitedCancellation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent := &cancellation{}
		began := time.Now()
		late := parent.within(time.Second)
		at, known := late.Deadline()
		require.True(t, known)
		require.Equal(t, began.Add(time.Second), at)
		require.NoError(t, late.Err())
		<-late.Done()
		require.Equal(t, time.Second, time.Since(began))
		late.release()
		require.ErrorIs(t, late.Err(), context.DeadlineExceeded)

		early := parent.within(time.Second)
		early.release()
		require.ErrorIs(t, early.Err(), context.Canceled)
		require.Zero(t, waiting(parent), "what is over is forgotten")

		with := parent.within(time.Hour)
		defer with.release()
		parent.end()
		<-with.Done()
		require.ErrorIs(t, with.Err(), context.Canceled)
		require.Equal(t, time.Second, time.Since(began), "at once")
	})
}
