package main

import (
	"encoding/json"
	"os"
	"slices"
	"sync"
)

// summary is what is counted of a stream.
type summary struct {
	name               string
	bytes              uint64
	video, audio       uint32 // frames
	videoSum, audioSum uint32
	first, last        uint32 // timestamps of pictures
	firstAt, lastAt    int64  // when the first and the last picture had come, ns
	ordered            bool   // timestamps of pictures do not go back
	latencies          []int64
}

// Report is a line of the sink's output.
type Report struct {
	Stream   string `json:"stream"`
	Error    string `json:"error,omitempty"`
	Bytes    uint64 `json:"bytes"`
	Video    uint32 `json:"video"`
	Audio    uint32 `json:"audio"`
	VideoSum uint32 `json:"video_sum"`
	AudioSum uint32 `json:"audio_sum"`
	Span     uint32 `json:"span_ms"` // from the first to the last picture's timestamp
	Wall     int64  `json:"wall_ns"` // the same of their arrivals
	Ordered  bool   `json:"ordered"`
	P50      int64  `json:"p50_ns"` // of the latencies
	P99      int64  `json:"p99_ns"`
	CPU      int64  `json:"cpu_ns"` // of the sink since its start
}

var printing sync.Mutex

// report prints the line of a stream that has published.
func (s *stream) report(err error) {
	if !s.publishing {
		return
	}
	r := Report{
		Stream: s.name, Bytes: s.bytes, Video: s.video, Audio: s.audio, VideoSum: s.videoSum, AudioSum: s.audioSum,
		Span: s.last - s.first, Wall: s.lastAt - s.firstAt, Ordered: s.ordered, CPU: cpu(),
	}
	if err != nil {
		r.Error = err.Error()
	}
	if n := len(s.latencies); n > 0 {
		slices.Sort(s.latencies)
		r.P50, r.P99 = s.latencies[n/2], s.latencies[n*99/100]
	}
	printing.Lock()
	defer printing.Unlock()
	_ = json.NewEncoder(os.Stdout).Encode(r) // when nobody reads it the bench is over
}
