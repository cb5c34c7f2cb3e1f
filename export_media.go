package main

/*
#include "api.h"

typedef const char *rtmp_text;
typedef const uint8_t *rtmp_bytes;
typedef const uint8_t **rtmp_buffers;
typedef const uint32_t *rtmp_lengths;
typedef const rtmp_frame_t *rtmp_frame;
*/
import "C"

import (
	"fmt"
	"math"
	"unsafe"

	"luatrtmp/core"
	"luatrtmp/core/rtmperr"
)

const (
	maxInput   = core.MaxFrame + 1<<20 // bytes that are looked at: parameter sets may stand beside the largest frame
	maxBuffers = 4096                  // of one access unit
)

var (
	errMany = fmt.Errorf("%w: more than %d buffers", rtmperr.ErrOverflow, maxBuffers)
	errHuge = fmt.Errorf("%w: more than %d bytes", rtmperr.ErrOverflow, maxInput)
)

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
		return i.Publisher.SendNALUs(buffers, uint32(timestamp))
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
		return i.Publisher.SendVideoFrame(data, uint32(timestamp), f)
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
		return send(i.Publisher, body, uint32(frame.timestamp), f)
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
		return i.Publisher.SendAAC(frame, asc, uint32(timestamp))
	})
}

//export go_send_audio
func go_send_audio(ctx *C.rtmp_ctx_t, body C.rtmp_bytes, size, timestamp C.uint32_t) C.int {
	return with(ctx, func(i *instance) error {
		frame, err := frameOf(body, size)
		if err != nil {
			return err
		}
		return i.Publisher.SendAudioBody(frame, uint32(timestamp))
	})
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
