package source

import (
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// beginning is a medium whose first access unit comes at once. Readers count from where their tracks
// begin; when what stands there is damaged and left out, or the one track that can be sent begins
// hours later, nothing would be sent until then.
type beginning struct {
	media.Reader
	begun bool          // the first unit has come
	late  time.Duration // how much too late all units are
}

func (b *beginning) Next() (*flv.AccessUnit, error) {
	unit, err := b.Reader.Next()
	if err != nil {
		return nil, err
	}
	if !b.begun && unit.DTS > media.MaxGapSeconds*time.Second {
		b.late = unit.DTS
	}
	b.begun = true
	unit.DTS -= b.late
	unit.PTS -= b.late
	return unit, nil
}

// End implements media.Reader.
func (b *beginning) End() time.Duration { return b.Reader.End() - b.late }
