package source

import (
	"fmt"

	"luatrtmp/core/flv"
)

// selfConfig gives the units of a video track their configuration where only the media itself has it.
type selfConfig struct {
	track   flv.VideoTrack
	started bool
	parts   [1][]byte
}

// begin forgets what was seen.
func (c *selfConfig) begin(codec flv.Codec) error {
	track, err := flv.NewVideoTrack(codec)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	*c = selfConfig{track: track}
	return nil
}

// take sets the unit's Config where it begins or changes. ok is false for units before the first configuration, which cannot be decoded; err
// says what is wrong with it. Later on, what is broken does not stop the stream.
func (c *selfConfig) take(u *flv.AccessUnit) (ok bool, err error) {
	parts := u.NALUs
	if !u.Codec.HasNALUs() {
		c.parts[0] = u.Data
		parts = c.parts[:]
	}
	unit, err := c.track.Take(parts)
	c.track.Forget()
	record := c.track.Record()
	if record == nil {
		return false, err
	}
	if unit.ConfigChanged || !c.started {
		u.Config = record
	}
	c.started = true
	return true, nil
}
