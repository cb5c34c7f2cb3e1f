// Package harness is what the publishers of the bench that are written in Go share with the bench: the prepared media, the pace,
// and what a run has cost. c/bench.h is the same for those in C.
package harness

import (
	"encoding/binary"
	"fmt"
	"os"
)

// Kind of a Record.
type Kind uint32

// The kinds; c/bench.h has the same.
const (
	Audio       Kind = 8
	Video       Kind = 9
	Prefix      Kind = 0x10 // from here on: once, before all others. Of prepared bytes: what stands before the media
	AudioHeader Kind = 0x18
	VideoHeader Kind = 0x19
)

// Record is a frame, in the form that the publisher takes.
type Record struct {
	Kind Kind
	MS   uint32 // decode time
	Data []byte
}

// Media is what a publisher sends, round by round.
type Media struct {
	Records  []Record
	Duration uint32 // ms of a round
}

// WriteFile writes a file of records: their number, the duration, and of each its kind, time, size and bytes.
func (m *Media) WriteFile(path string) error {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(m.Records)))
	b = binary.LittleEndian.AppendUint32(b, m.Duration)
	for _, r := range m.Records {
		b = binary.LittleEndian.AppendUint32(b, uint32(r.Kind))
		b = binary.LittleEndian.AppendUint32(b, r.MS)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(r.Data)))
		b = append(b, r.Data...)
	}
	return os.WriteFile(path, b, 0o644)
}

// ReadMedia reads what WriteFile has written.
func ReadMedia(path string) (*Media, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	number := func() uint32 {
		if len(b) < 4 {
			err = fmt.Errorf("%s is cut", path)
			return 0
		}
		n := binary.LittleEndian.Uint32(b)
		b = b[4:]
		return n
	}
	m := &Media{}
	count := number()
	m.Duration = number()
	for range count {
		r := Record{Kind: Kind(number()), MS: number()}
		size := int(number())
		if err != nil || size > len(b) {
			return nil, fmt.Errorf("%s is cut", path)
		}
		r.Data, b = b[:size:size], b[size:]
		m.Records = append(m.Records, r)
	}
	return m, err
}

// Frames calls f with the records of so many pictures, and with what lies between them, round by round, as all publishers send
// them: f is told the time.
func (m *Media) Frames(pictures int, f func(r *Record, ms uint32) error) error {
	for round, done := uint32(0), 0; ; round++ {
		for i := range m.Records {
			r := &m.Records[i]
			switch {
			case r.Kind >= Prefix && round > 0:
				continue
			case r.Kind == Video && done == pictures:
				return nil
			case r.Kind == Video:
				done++
			}
			if err := f(r, r.MS+round*m.Duration); err != nil {
				return err
			}
		}
	}
}
