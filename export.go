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
typedef const uint8_t *rtmp_bytes;
typedef const uint8_t **rtmp_buffers;
typedef const uint32_t *rtmp_lengths;
typedef const rtmp_frame_t *rtmp_frame;

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
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"
	"unsafe"

	"luatrtmp/core"
	"luatrtmp/core/rtmperr"
	_ "luatrtmp/internal/forkguard"
	_ "luatrtmp/internal/hostsignals"
	"luatrtmp/internal/loading"
	_ "luatrtmp/internal/luaface"
	_ "luatrtmp/internal/luatos"
)

func main() {}

// init is the last one of all packages: the thread that loads the library need not wait any longer.
func init() { loading.Done() }

//export go_init
func go_init(ctx *C.rtmp_ctx_t) C.int {
	if ctx == nil {
		return C.RTMP_ERR_INVALID_PARAM
	}
	if !register(identity(ctx)) {
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
	if goodbyes := end(identity(ctx)); len(goodbyes) > 0 {
		awaitGoodbyes(0, goodbyes...)
	}
	return C.RTMP_OK
}

//export go_leave
func go_leave(ctx *C.rtmp_ctx_t) { end(identity(ctx)) }

//export go_await_goodbyes
func go_await_goodbyes(exiting C.int) {
	if exiting != 0 {
		awaitAllGoodbyes(goodbyesAtExit)
		return
	}
	awaitAllGoodbyes(0)
}

// identity returns what an instance is found by.
func identity(ctx *C.rtmp_ctx_t) (address uintptr, handle *uint64) {
	return uintptr(unsafe.Pointer(ctx)), (*uint64)(unsafe.Pointer(&ctx.handle))
}

//export go_set_url
func go_set_url(ctx *C.rtmp_ctx_t, url C.rtmp_text) C.int {
	return with(ctx, func(i *instance) error { return i.publisher.SetURL(text(url)) })
}

//export go_set_option
func go_set_option(ctx *C.rtmp_ctx_t, name, value C.rtmp_text) C.int {
	return with(ctx, func(i *instance) error { return i.publisher.SetOption(text(name), text(value)) })
}

//export go_set_source
func go_set_source(ctx *C.rtmp_ctx_t, spec C.rtmp_text) C.int {
	return with(ctx, func(i *instance) error { return i.publisher.SetSource(text(spec)) })
}

//export go_metadata_number
func go_metadata_number(ctx *C.rtmp_ctx_t, name C.rtmp_text, value C.double) C.int {
	return with(ctx, func(i *instance) error { return i.publisher.SetMetadata(text(name), float64(value)) })
}

//export go_metadata_string
func go_metadata_string(ctx *C.rtmp_ctx_t, name, value C.rtmp_text) C.int {
	return with(ctx, func(i *instance) error { return i.publisher.SetMetadata(text(name), text(value)) })
}

//export go_metadata_boolean
func go_metadata_boolean(ctx *C.rtmp_ctx_t, name C.rtmp_text, value C.int) C.int {
	return with(ctx, func(i *instance) error { return i.publisher.SetMetadata(text(name), value != 0) })
}

//export go_metadata_clear
func go_metadata_clear(ctx *C.rtmp_ctx_t) C.int {
	return with(ctx, func(i *instance) error { i.publisher.ClearMetadata(); return nil })
}

//export go_metadata_send
func go_metadata_send(ctx *C.rtmp_ctx_t) C.int {
	return with(ctx, func(i *instance) error { return i.publisher.SendMetadata() })
}

//export go_set_state_callback
func go_set_state_callback(ctx *C.rtmp_ctx_t, callback C.rtmp_state_callback) C.int {
	address := C.uintptr_t(uintptr(unsafe.Pointer(ctx)))
	return with(ctx, func(i *instance) error {
		if callback == nil && C.luatos_binding_has_camera() == 0 {
			i.publisher.Notify(nil)
			return nil
		}
		i.publisher.Notify(func(e core.Event) {
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
			i.publisher.NotifyBitrate(nil)
			return nil
		}
		i.publisher.NotifyBitrate(func(kbps uint32, queue time.Duration) {
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
			i.publisher.NotifyURL(nil)
			return nil
		}
		i.publisher.NotifyURL(func() (later bool) { return C.call_url(callback, address) != C.RTMP_OK })
		return nil
	})
}

//export go_keep_url
func go_keep_url(ctx *C.rtmp_ctx_t) C.int {
	return with(ctx, func(i *instance) error { i.publisher.KeepURL(); return nil })
}

//export go_set_log_callback
func go_set_log_callback(callback C.rtmp_log_callback, userData unsafe.Pointer) C.int {
	if callback == nil {
		theLog().SetFunc(nil)
		return C.RTMP_OK
	}
	data := C.uintptr_t(uintptr(userData))
	theLog().SetFunc(func(level slog.Level, text string) {
		line := C.CString(text)
		defer C.free(unsafe.Pointer(line))
		C.call_log(callback, logLevel(level), line, data)
	})
	return C.RTMP_OK
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

//export go_warn
func go_warn(ctx *C.rtmp_ctx_t, what, why C.rtmp_text) {
	log := libraryLog()
	if ctx != nil {
		if i := find(identity(ctx)); i != nil {
			log = i.log
		}
	}
	log.Warn(text(what), "why", text(why))
}

//export go_flush_log
func go_flush_log() { theLog().Flush(flushTimeout) }

//export go_connect
func go_connect(ctx *C.rtmp_ctx_t) C.int {
	return with(ctx, func(i *instance) error { return i.publisher.Connect() })
}

//export go_disconnect
func go_disconnect(ctx *C.rtmp_ctx_t) C.int {
	return with(ctx, func(i *instance) error { i.publisher.Disconnect(); return nil })
}

//export go_start
func go_start(ctx *C.rtmp_ctx_t) C.int {
	return with(ctx, func(i *instance) error { i.publisher.Start(); return nil })
}

//export go_stop
func go_stop(ctx *C.rtmp_ctx_t) C.int {
	return with(ctx, func(i *instance) error { i.publisher.Stop(); return nil })
}

//export go_set_camera
func go_set_camera(ctx *C.rtmp_ctx_t, camera uint32) {
	with(ctx, func(i *instance) error { i.publisher.SetCamera(core.Camera(camera)); return nil })
}

//export go_poll
func go_poll(ctx *C.rtmp_ctx_t) C.int {
	return with(ctx, func(*instance) error { return nil })
}

//export go_get_state
func go_get_state(ctx *C.rtmp_ctx_t) C.rtmp_state_t {
	state := core.StateIdle
	with(ctx, func(i *instance) error { state = i.publisher.State(); return nil })
	return C.rtmp_state_t(state)
}

//export go_is_busy
func go_is_busy(ctx *C.rtmp_ctx_t) C.int {
	busy := C.int(0)
	with(ctx, func(i *instance) error {
		if i.publisher.Busy() {
			busy = 1
		}
		return nil
	})
	return busy
}

//export go_send_nalu
func go_send_nalu(ctx *C.rtmp_ctx_t, data C.rtmp_bytes, size, timestamp C.uint32_t) C.int {
	return go_send_video(ctx, data, size, timestamp, 0, nil)
}

//export go_send_nalu_multi
func go_send_nalu_multi(ctx *C.rtmp_ctx_t, data C.rtmp_buffers, sizes C.rtmp_lengths, count, timestamp C.uint32_t) C.int {
	return with(ctx, func(i *instance) error {
		buffers, err := buffersOf(data, sizes, count)
		if err != nil {
			return err
		}
		return i.publisher.SendNALUs(buffers, uint32(timestamp))
	})
}

//export go_send_video
func go_send_video(ctx *C.rtmp_ctx_t, au C.rtmp_bytes, size, timestamp C.uint32_t, compositionTime C.int32_t, codec C.rtmp_text) C.int {
	return with(ctx, func(i *instance) error {
		data, err := frameOf(au, size)
		if err != nil {
			return err
		}
		f := core.Frame{Codec: codecName(codec), CompositionTime: int32(compositionTime)}
		return i.publisher.SendVideoFrame(data, uint32(timestamp), f)
	})
}

//export go_send_video_frame
func go_send_video_frame(ctx *C.rtmp_ctx_t, data C.rtmp_bytes, size C.uint32_t, frame C.rtmp_frame) C.int {
	return sendFrame(ctx, data, size, frame, (*core.Publisher).SendVideoFrame)
}

//export go_send_audio_frame
func go_send_audio_frame(ctx *C.rtmp_ctx_t, data C.rtmp_bytes, size C.uint32_t, frame C.rtmp_frame) C.int {
	return sendFrame(ctx, data, size, frame, (*core.Publisher).SendAudioFrame)
}

func sendFrame(
	ctx *C.rtmp_ctx_t, data C.rtmp_bytes, size C.uint32_t, frame C.rtmp_frame,
	send func(p *core.Publisher, data []byte, timestamp uint32, f core.Frame) error,
) C.int {
	return with(ctx, func(i *instance) error {
		body, err := frameOf(data, size)
		if err != nil {
			return err
		}
		if frame == nil {
			return errNull
		}
		if frame.size != C.sizeof_rtmp_frame_t {
			return fmt.Errorf("%w: rtmp_frame_t with size %d, expected %d: begin with RTMP_FRAME_INIT",
				rtmperr.ErrInvalid, frame.size, C.sizeof_rtmp_frame_t)
		}
		f := core.Frame{
			Codec: codecName(C.rtmp_text(frame.codec)), Track: int(min(frame.track, math.MaxInt32)), CompositionTime: int32(frame.composition_time),
		}
		if frame.config != nil && frame.config_len > 0 {
			if f.Config, err = frameOf(C.rtmp_bytes(frame.config), frame.config_len); err != nil {
				return err
			}
		}
		return send(i.publisher, body, uint32(frame.timestamp), f)
	})
}

//export go_send_aac
func go_send_aac(ctx *C.rtmp_ctx_t, data C.rtmp_bytes, size, timestamp C.uint32_t, config C.rtmp_bytes, configSize C.uint32_t) C.int {
	return with(ctx, func(i *instance) error {
		frame, err := frameOf(data, size)
		if err != nil {
			return err
		}
		var asc []byte
		if config != nil && configSize > 0 {
			if asc, err = frameOf(config, configSize); err != nil {
				return err
			}
		}
		return i.publisher.SendAAC(frame, asc, uint32(timestamp))
	})
}

//export go_send_audio
func go_send_audio(ctx *C.rtmp_ctx_t, body C.rtmp_bytes, size, timestamp C.uint32_t) C.int {
	return with(ctx, func(i *instance) error {
		frame, err := frameOf(body, size)
		if err != nil {
			return err
		}
		return i.publisher.SendAudioBody(frame, uint32(timestamp))
	})
}

//export go_set_stats_interval
func go_set_stats_interval(ctx *C.rtmp_ctx_t, ms C.uint32_t) C.int {
	return with(ctx, func(i *instance) error { return i.publisher.SetStatsInterval(orSecond(ms)) })
}

//export go_set_stats_window
func go_set_stats_window(ctx *C.rtmp_ctx_t, ms C.uint32_t) C.int {
	return with(ctx, func(i *instance) error { return i.publisher.SetStatsWindow(orSecond(ms)) })
}

// orSecond reads the ms of a statistics setting, where 0 means 1000.
func orSecond(ms C.uint32_t) time.Duration {
	if ms == 0 {
		return time.Second
	}
	return time.Duration(ms) * time.Millisecond
}

//export go_get_stats
func go_get_stats(ctx *C.rtmp_ctx_t, stats *C.rtmp_stats_t) C.int {
	return with(ctx, func(i *instance) error {
		if stats == nil {
			return errNull
		}
		s := i.publisher.Stats()
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
		n := i.publisher.Info()
		*info = C.rtmp_info_t{
			queue_ms:    C.uint32_t(n.QueueMedia.Milliseconds()),
			queue_bytes: C.uint32_t(n.QueueBytes),
			send_kbps:   C.uint32_t(n.SendKbps),
			rtt_ms:      C.uint32_t((n.RTT + time.Millisecond - 1).Milliseconds()), // rounded up: 0 is "unknown"
			reconnects:  C.uint32_t(n.Reconnects),
			width:       C.uint32_t(n.Width),
			height:      C.uint32_t(n.Height),
		}
		putText(unsafe.Pointer(&info.video_codec), C.uint32_t(len(info.video_codec)), n.VideoCodec)
		putText(unsafe.Pointer(&info.audio_codec), C.uint32_t(len(info.audio_codec)), n.AudioCodec)
		return nil
	})
}

//export go_get_error
func go_get_error(ctx *C.rtmp_ctx_t, code *C.int, buffer *C.char, size C.uint32_t) C.uint32_t {
	return report(ctx, code, buffer, size, nil, func(i *instance) error { return i.publisher.Failure() })
}

//export go_get_call_error
func go_get_call_error(ctx *C.rtmp_ctx_t, code *C.int, buffer *C.char, size C.uint32_t) C.uint32_t {
	return report(ctx, code, buffer, size, errDead, func(i *instance) error { return i.lastCallError() })
}

//export go_get_source_error
func go_get_source_error(ctx *C.rtmp_ctx_t, buffer *C.char, size C.uint32_t) C.uint32_t {
	text := ""
	with(ctx, func(i *instance) error { text = i.publisher.SourceError(); return nil })
	return putText(unsafe.Pointer(buffer), size, text)
}

//export go_describe
func go_describe(ctx *C.rtmp_ctx_t, buffer *C.char, size C.uint32_t) C.uint32_t {
	description := "released"
	with(ctx, func(i *instance) error { description = i.publisher.String(); return nil })
	return putText(unsafe.Pointer(buffer), size, description)
}

// with runs f on the living context, and turns its error into the number for C. The text is kept for
// rtmp_get_call_error. A panic would end the host: it becomes an error.
func with(ctx *C.rtmp_ctx_t, f func(*instance) error) (code C.int) {
	if ctx == nil {
		return C.RTMP_ERR_INVALID_PARAM
	}
	i := find(identity(ctx))
	if i == nil {
		return C.RTMP_ERR_INVALID_PARAM
	}
	if err := i.call(f); err != nil {
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
		if i := find(identity(ctx)); i != nil {
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

// codecName reads the name of a codec for the time of the call, without a copy. One that is longer than all names is cut: it is none.
func codecName(s C.rtmp_text) string {
	if s == nil {
		return ""
	}
	const most = 16
	start := (*byte)(unsafe.Pointer(s))
	length := 0
	for length < most && *(*byte)(unsafe.Add(unsafe.Pointer(start), length)) != 0 {
		length++
	}
	return unsafe.String(start, length)
}

// frameOf makes the caller's memory readable for the time of the call.
func frameOf(data C.rtmp_bytes, size C.uint32_t) ([]byte, error) {
	if data == nil || size == 0 {
		return nil, errNull
	}
	if uint64(size) > maxInput {
		return nil, errHuge
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(data)), int(size)), nil
}

// buffersOf makes several buffers of the caller readable for the time of the call.
func buffersOf(data C.rtmp_buffers, sizes C.rtmp_lengths, count C.uint32_t) ([][]byte, error) {
	if data == nil || sizes == nil || count == 0 {
		return nil, errNull
	}
	if count > maxBuffers {
		return nil, errMany
	}
	pointers := unsafe.Slice((**byte)(unsafe.Pointer(data)), int(count))
	lengths := unsafe.Slice((*uint32)(unsafe.Pointer(sizes)), int(count))
	buffers := make([][]byte, count)
	total := uint64(0)
	for i := range buffers {
		if total += uint64(lengths[i]); total > maxInput {
			return nil, errHuge
		}
		if pointers[i] == nil || lengths[i] == 0 {
			return nil, errNull
		}
		buffers[i] = unsafe.Slice(pointers[i], int(lengths[i]))
	}
	return buffers, nil
}
