package main

/*
#include "api.h"

typedef const char *rtmp_text;
*/
import "C"

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
	"unsafe"

	"luatrtmp/core/rtmperr"
)

var (
	errDead = fmt.Errorf("%w: the context is not initialised, or released: rtmp_init() makes a new one", rtmperr.ErrInvalid)
	errNull = fmt.Errorf("%w: NULL or empty", rtmperr.ErrInvalid)
)

// identity returns what an instance is found by.
func identity(ctx *C.rtmp_ctx_t) (address uintptr, handle *uint64) {
	return uintptr(unsafe.Pointer(ctx)), (*uint64)(unsafe.Pointer(&ctx.handle))
}

// with runs f on the living context, and turns its error into the number for C. The text is kept for
// rtmp_get_call_error.
func with(ctx *C.rtmp_ctx_t, f func(*instance) error) (code C.int) {
	if ctx == nil {
		return C.RTMP_ERR_INVALID_PARAM
	}
	i := contexts.Find(identity(ctx))
	if i == nil {
		return C.RTMP_ERR_INVALID_PARAM
	}
	if err := i.Call(f); err != nil {
		return codeOf(err)
	}
	return C.RTMP_OK
}

// codes lists what each kind of failure is called in C.
var codes = []struct {
	kind error
	code C.int
}{
	{rtmperr.ErrState, C.RTMP_ERR_FAILED},
	{rtmperr.ErrRefused, C.RTMP_ERR_FAILED},
	{rtmperr.ErrInvalid, C.RTMP_ERR_INVALID_PARAM},
	{rtmperr.ErrConnect, C.RTMP_ERR_CONNECT_FAILED},
	{rtmperr.ErrHandshake, C.RTMP_ERR_HANDSHAKE_FAILED},
	{rtmperr.ErrNetwork, C.RTMP_ERR_NETWORK},
	{rtmperr.ErrTimeout, C.RTMP_ERR_TIMEOUT},
	{rtmperr.ErrOverflow, C.RTMP_ERR_BUFFER_OVERFLOW},
}

func codeOf(err error) C.int {
	if err == nil {
		return C.RTMP_OK
	}
	for _, c := range codes {
		if errors.Is(err, c.kind) {
			return c.code
		}
	}
	return C.RTMP_ERR_FAILED
}

// report copies the error that get returns to C, and err when there is no living context.
func report(ctx *C.rtmp_ctx_t, code *C.int, buffer *C.char, size C.uint32_t, err error, get func(*instance) error) C.uint32_t {
	if ctx != nil {
		if i := contexts.Find(identity(ctx)); i != nil {
			err = get(i)
		}
	}
	if code != nil {
		*code = codeOf(err)
	}
	if err == nil {
		return putText(unsafe.Pointer(buffer), size, "")
	}
	return putText(unsafe.Pointer(buffer), size, err.Error())
}

// putText copies s to a C buffer, cut where it has to be, and returns the length of s.
func putText(buffer unsafe.Pointer, size C.uint32_t, s string) C.uint32_t {
	if buffer != nil && size > 0 {
		b := unsafe.Slice((*byte)(buffer), min(uint64(size), uint64(len(s))+1)) // size may be more than there is
		b[copy(b[:len(b)-1], s)] = 0
	}
	return C.uint32_t(len(s))
}

// text copies a C string; NULL is "".
func text(s C.rtmp_text) string {
	return C.GoString((*C.char)(unsafe.Pointer(s)))
}

// logLevel returns what a level is called in C.
func logLevel(level slog.Level) C.int {
	switch {
	case level < slog.LevelInfo:
		return C.RTMP_LOG_DEBUG
	case level < slog.LevelWarn:
		return C.RTMP_LOG_INFO
	case level < slog.LevelError:
		return C.RTMP_LOG_WARN
	}
	return C.RTMP_LOG_ERROR
}

// orSecond reads the ms of a statistics setting, where 0 means 1000.
func orSecond(ms C.uint32_t) time.Duration {
	if ms == 0 {
		return time.Second
	}
	return time.Duration(ms) * time.Millisecond
}
