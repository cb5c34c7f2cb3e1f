package main

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

// event is one line of the program's output. Fields that do not belong to an event are left out.
type event struct {
	Time      string  `json:"time"`
	Event     string  `json:"event"`
	Addr      string  `json:"addr,omitempty"`
	Conn      int     `json:"conn,omitempty"`
	Remote    string  `json:"remote,omitempty"`
	App       string  `json:"app,omitempty"`
	TCURL     string  `json:"tcUrl,omitempty"`
	FlashVer  string  `json:"flashVer,omitempty"`
	Declares  any     `json:"declares,omitempty"` // the fields of connect that are Enhanced RTMP's
	Stream    string  `json:"stream,omitempty"`
	Query     string  `json:"query,omitempty"`
	Answer    string  `json:"answer,omitempty"`
	File      string  `json:"file,omitempty"`
	Type      string  `json:"type,omitempty"`
	Timestamp *uint32 `json:"timestamp,omitempty"` // ms, from the wire
	Audio     *count  `json:"audio,omitempty"`
	Video     *count  `json:"video,omitempty"`
	Data      *count  `json:"data,omitempty"`
	Seconds   float64 `json:"seconds,omitempty"` // of media, by its timestamps
	Why       string  `json:"why,omitempty"`
}

// count is what came of one message type.
type count struct {
	Messages int    `json:"messages"`
	Bytes    uint64 `json:"bytes"`
}

// eventLog writes events, one line of JSON each. It may be used by several goroutines.
type eventLog struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *eventLog) put(e event) {
	e.Time = time.Now().UTC().Format("2006-01-02T15:04:05.000Z")

	line, err := json.Marshal(e)
	if err != nil { // an event holds only strings and numbers
		panic(err)
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	l.w.Write(append(line, '\n')) //nolint:errcheck // a reader that went away does not stop the recording
}
