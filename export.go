// Package main is the C face of the publisher: what stands behind the functions of include/luat_rtmp_push.h, which
// api.c defines. With luaopen_rtmp.c beside it, it becomes the Lua module rtmp.so.
//
// api.h gives each export the type of its public function, so that the compiler compares the two.
package main

/*
#cgo CFLAGS: -std=c99 -Wall -Wextra -Wshadow
#include <stdlib.h>

#include "api.h"

typedef const char *rtmp_text;
typedef const struct source_field *source_fields;

// The context travels as a number: Go's collector is not to find the address of memory that may be freed.
static inline void call_state(rtmp_state_callback f, uintptr_t ctx, int old_state, int new_state, int code) {
	if (f != NULL)
		f((rtmp_ctx_t *)ctx, (rtmp_state_t)old_state, (rtmp_state_t)new_state, code);
	luatos_binding_follow((rtmp_ctx_t *)ctx, (rtmp_state_t)new_state);
}
static inline void call_bitrate(rtmp_bitrate_callback f, uintptr_t ctx, uint32_t kbps, uint32_t queue_ms) {
	f((rtmp_ctx_t *)ctx, kbps, queue_ms);
}
static inline int call_url(rtmp_url_callback f, uintptr_t ctx) {
	return f((rtmp_ctx_t *)ctx);
}
static inline void call_log(rtmp_log_callback f, int level, const char *text, uintptr_t user_data) {
	f((rtmp_log_level_t)level, text, (void *)user_data);
}
*/
import "C"

import (
	"log/slog"
	"time"
	"unsafe"

	"luatrtmp/core"
	_ "luatrtmp/internal/forkguard"
	_ "luatrtmp/internal/hostsignals"
	"luatrtmp/internal/instances"
	"luatrtmp/internal/loading"
	_ "luatrtmp/internal/luaface"
	_ "luatrtmp/internal/luatos"
)

func main() {}

// instance is what stands behind a context.
type instance = instances.Instance

// theLog is the log of this process, libraryLog that of what belongs to no context.
var (
	theLog     = newLog()
	libraryLog = slog.New(theLog.Stream())
)

// contexts finds the instances of this process.
var contexts = instances.New(theLog)

// init is the last one of all packages: the thread that loads the library need not wait any longer.
func init() { loading.Done() }

//export go_init
func go_init(ctx *C.rtmp_ctx_t) C.int {
	if ctx == nil {
		return C.RTMP_ERR_INVALID_PARAM
	}
	if !contexts.Register(identity(ctx)) {
		return C.RTMP_ERR_FAILED
	}
	clear(ctx.reserved_1[:])
	clear(ctx.reserved[:])
	return go_set_state_callback(ctx, nil) // LuatOS's camera follows the state, whether the caller does or not
}

//export go_deinit
func go_deinit(ctx *C.rtmp_ctx_t) C.int {
	if ctx == nil {
		return C.RTMP_ERR_INVALID_PARAM
	}
	contexts.AwaitGoodbyes(contexts.End(identity(ctx)))
	return C.RTMP_OK
}

//export go_leave
func go_leave(ctx *C.rtmp_ctx_t) { contexts.End(identity(ctx)) }

//export go_await_goodbyes
func go_await_goodbyes(exiting C.int) { contexts.AwaitAllGoodbyes(exiting != 0) }

//export go_set_url
func go_set_url(ctx *C.rtmp_ctx_t, url C.rtmp_text) C.int {
	return with(ctx, func(i *instance) error { return i.Publisher.SetURL(text(url)) })
}

//export go_set_option
func go_set_option(ctx *C.rtmp_ctx_t, name, value C.rtmp_text) C.int {
	return with(ctx, func(i *instance) error { return i.Publisher.SetOption(text(name), text(value)) })
}

//export go_set_source
func go_set_source(ctx *C.rtmp_ctx_t, spec C.rtmp_text) C.int {
	return with(ctx, func(i *instance) error { return i.Publisher.SetSource(text(spec)) })
}

//export go_set_source_fields
func go_set_source_fields(ctx *C.rtmp_ctx_t, path C.rtmp_text, fields C.source_fields, count C.uint32_t) C.int {
	return with(ctx, func(i *instance) error {
		var all []core.SourceField
		for _, f := range unsafe.Slice((*C.struct_source_field)(fields), int(count)) {
			all = append(all, core.SourceField{Name: text(f.name), Value: text(f.value)})
		}
		return i.Publisher.SetSourceFields(text(path), all)
	})
}

//export go_metadata_number
func go_metadata_number(ctx *C.rtmp_ctx_t, name C.rtmp_text, value C.double) C.int {
	return with(ctx, func(i *instance) error { return i.Publisher.SetMetadata(text(name), float64(value)) })
}

//export go_metadata_string
func go_metadata_string(ctx *C.rtmp_ctx_t, name, value C.rtmp_text) C.int {
	return with(ctx, func(i *instance) error { return i.Publisher.SetMetadata(text(name), text(value)) })
}

//export go_metadata_boolean
func go_metadata_boolean(ctx *C.rtmp_ctx_t, name C.rtmp_text, value C.int) C.int {
	return with(ctx, func(i *instance) error { return i.Publisher.SetMetadata(text(name), value != 0) })
}

//export go_metadata_clear
func go_metadata_clear(ctx *C.rtmp_ctx_t) C.int {
	return with(ctx, func(i *instance) error { i.Publisher.ClearMetadata(); return nil })
}

//export go_metadata_send
func go_metadata_send(ctx *C.rtmp_ctx_t) C.int {
	return with(ctx, func(i *instance) error { return i.Publisher.SendMetadata() })
}

//export go_set_state_callback
func go_set_state_callback(ctx *C.rtmp_ctx_t, callback C.rtmp_state_callback) C.int {
	address := C.uintptr_t(uintptr(unsafe.Pointer(ctx)))
	return with(ctx, func(i *instance) error {
		if callback == nil && C.luatos_binding_has_camera() == 0 {
			i.Publisher.Notify(nil)
			return nil
		}
		i.Publisher.Notify(func(e core.Event) {
			C.call_state(callback, address, C.int(e.Old), C.int(e.New), codeOf(e.Err))
		})
		return nil
	})
}

//export go_set_bitrate_callback
func go_set_bitrate_callback(ctx *C.rtmp_ctx_t, callback C.rtmp_bitrate_callback) C.int {
	address := C.uintptr_t(uintptr(unsafe.Pointer(ctx)))
	return with(ctx, func(i *instance) error {
		if callback == nil {
			i.Publisher.NotifyBitrate(nil)
			return nil
		}
		i.Publisher.NotifyBitrate(func(kbps uint32, queue time.Duration) {
			C.call_bitrate(callback, address, C.uint32_t(kbps), C.uint32_t(queue.Milliseconds()))
		})
		return nil
	})
}

//export go_set_url_callback
func go_set_url_callback(ctx *C.rtmp_ctx_t, callback C.rtmp_url_callback) C.int {
	address := C.uintptr_t(uintptr(unsafe.Pointer(ctx)))
	return with(ctx, func(i *instance) error {
		if callback == nil {
			i.Publisher.NotifyURL(nil)
			return nil
		}
		i.Publisher.NotifyURL(func() (later bool) { return C.call_url(callback, address) != C.RTMP_OK })
		return nil
	})
}

//export go_keep_url
func go_keep_url(ctx *C.rtmp_ctx_t) C.int {
	return with(ctx, func(i *instance) error { i.Publisher.KeepURL(); return nil })
}

//export go_set_log_callback
func go_set_log_callback(callback C.rtmp_log_callback, userData unsafe.Pointer) C.int {
	if callback == nil {
		theLog.SetFunc(nil)
		return C.RTMP_OK
	}
	data := C.uintptr_t(uintptr(userData))
	theLog.SetFunc(func(level slog.Level, text string) {
		line := C.CString(text)
		defer C.free(unsafe.Pointer(line))
		C.call_log(callback, logLevel(level), line, data)
	})
	return C.RTMP_OK
}

//export go_warn
func go_warn(ctx *C.rtmp_ctx_t, what, why C.rtmp_text) {
	log := libraryLog
	if ctx != nil {
		if i := contexts.Find(identity(ctx)); i != nil {
			log = i.Log
		}
	}
	log.Warn(text(what), "why", text(why))
}

// flushTimeout bounds how long the end of the process waits for lines that are still to be written.
const flushTimeout = 100 * time.Millisecond

//export go_flush_log
func go_flush_log() { theLog.Flush(flushTimeout) }

//export go_connect
func go_connect(ctx *C.rtmp_ctx_t) C.int {
	return with(ctx, func(i *instance) error { return i.Publisher.Connect() })
}

//export go_disconnect
func go_disconnect(ctx *C.rtmp_ctx_t) C.int {
	return with(ctx, func(i *instance) error { i.Publisher.Disconnect(); return nil })
}

//export go_start
func go_start(ctx *C.rtmp_ctx_t) C.int {
	return with(ctx, func(i *instance) error { i.Publisher.Start(); return nil })
}

//export go_stop
func go_stop(ctx *C.rtmp_ctx_t) C.int {
	return with(ctx, func(i *instance) error { i.Publisher.Stop(); return nil })
}

//export go_set_camera
func go_set_camera(ctx *C.rtmp_ctx_t, camera uint32) {
	with(ctx, func(i *instance) error { i.Publisher.SetCamera(core.Camera(camera)); return nil })
}

//export go_poll
func go_poll(ctx *C.rtmp_ctx_t) C.int {
	return with(ctx, func(*instance) error { return nil })
}

//export go_get_state
func go_get_state(ctx *C.rtmp_ctx_t) C.rtmp_state_t {
	state := core.StateIdle
	with(ctx, func(i *instance) error { state = i.Publisher.State(); return nil })
	return C.rtmp_state_t(state)
}

//export go_is_busy
func go_is_busy(ctx *C.rtmp_ctx_t) C.int {
	busy := C.int(0)
	with(ctx, func(i *instance) error {
		if i.Publisher.Busy() {
			busy = 1
		}
		return nil
	})
	return busy
}

//export go_set_stats_interval
func go_set_stats_interval(ctx *C.rtmp_ctx_t, ms C.uint32_t) C.int {
	return with(ctx, func(i *instance) error { return i.Publisher.SetStatsInterval(orSecond(ms)) })
}

//export go_set_stats_window
func go_set_stats_window(ctx *C.rtmp_ctx_t, ms C.uint32_t) C.int {
	return with(ctx, func(i *instance) error { return i.Publisher.SetStatsWindow(orSecond(ms)) })
}

//export go_get_stats
func go_get_stats(ctx *C.rtmp_ctx_t, stats *C.rtmp_stats_t) C.int {
	return with(ctx, func(i *instance) error {
		if stats == nil {
			return errNull
		}
		s := i.Publisher.Stats()
		*stats = C.rtmp_stats_t{
			bytes_sent:           C.uint64_t(s.BytesSent),
			video_frames_sent:    C.uint32_t(s.VideoFramesSent),
			audio_frames_sent:    C.uint32_t(s.AudioFramesSent),
			connection_time:      C.uint32_t(s.ConnectionTime.Milliseconds()),
			packets_sent:         C.uint32_t(s.PacketsSent),
			last_video_timestamp: C.uint32_t(s.LastVideoTimestamp),
			last_audio_timestamp: C.uint32_t(s.LastAudioTimestamp),
			i_frames:             C.uint32_t(s.IFrames),
			p_frames:             C.uint32_t(s.PFrames),
			i_bytes:              C.uint64_t(s.IBytes),
			p_bytes:              C.uint64_t(s.PBytes),
			audio_bytes:          C.uint64_t(s.AudioBytes),
			dropped_frames:       C.uint32_t(s.DroppedFrames),
			dropped_bytes:        C.uint64_t(s.DroppedBytes),
		}
		return nil
	})
}

//export go_get_info
func go_get_info(ctx *C.rtmp_ctx_t, info *C.rtmp_info_t) C.int {
	return with(ctx, func(i *instance) error {
		if info == nil {
			return errNull
		}
		n := i.Publisher.Info()
		*info = C.rtmp_info_t{
			queue_ms:    C.uint32_t(n.QueueMedia.Milliseconds()),
			queue_bytes: C.uint32_t(n.QueueBytes),
			send_kbps:   C.uint32_t(n.SendKbps),
			rtt_ms:      C.uint32_t((n.RTT + time.Millisecond - 1).Milliseconds()), // rounded up: what is known is not 0
			reconnects:  C.uint32_t(n.Reconnects),
			width:       C.uint32_t(n.Width),
			height:      C.uint32_t(n.Height),
		}
		if n.RTTKnown {
			info.rtt_known = 1
		}
		putText(unsafe.Pointer(&info.video_codec), C.uint32_t(len(info.video_codec)), n.VideoCodec)
		putText(unsafe.Pointer(&info.audio_codec), C.uint32_t(len(info.audio_codec)), n.AudioCodec)
		return nil
	})
}

//export go_get_error
func go_get_error(ctx *C.rtmp_ctx_t, code *C.int, buffer *C.char, size C.uint32_t) C.uint32_t {
	return report(ctx, code, buffer, size, nil, func(i *instance) error { return i.Publisher.Failure() })
}

//export go_get_call_error
func go_get_call_error(ctx *C.rtmp_ctx_t, code *C.int, buffer *C.char, size C.uint32_t) C.uint32_t {
	return report(ctx, code, buffer, size, errDead, func(i *instance) error { return i.LastCallError() })
}

//export go_get_source_error
func go_get_source_error(ctx *C.rtmp_ctx_t, buffer *C.char, size C.uint32_t) C.uint32_t {
	text := ""
	with(ctx, func(i *instance) error { text = i.Publisher.SourceError(); return nil })
	return putText(unsafe.Pointer(buffer), size, text)
}

//export go_describe
func go_describe(ctx *C.rtmp_ctx_t, buffer *C.char, size C.uint32_t) C.uint32_t {
	description := "released"
	with(ctx, func(i *instance) error { description = i.Publisher.String(); return nil })
	return putText(unsafe.Pointer(buffer), size, description)
}
