package media

import (
	"fmt"

	"luatrtmp/core/flv"
)

// SelfConfig gives the units of a video track their configuration where only the media itself has it.
type SelfConfig struct {
	Track   flv.VideoTrack
	Started bool
	parts   [1][]byte
}

// Begin forgets what was seen.
func (c *SelfConfig) Begin(codec flv.Codec) error {
	track, err := flv.NewVideoTrack(codec)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	*c = SelfConfig{Track: track}
	return nil
}

// Take sets the unit's Config where it begins or changes. ok is false for units before the first configuration, which cannot be decoded; err
// says what is wrong with it. Later on, what is broken does not stop the stream.
func (c *SelfConfig) Take(u *flv.AccessUnit) (ok bool, err error) {
	parts := u.NALUs
	if !u.Codec.HasNALUs() {
		c.parts[0] = u.Data
		parts = c.parts[:]
	}
	unit, err := c.Track.Take(parts)
	c.Track.Forget()
	record := c.Track.Record()
	if record == nil {
		return false, err
	}
	if unit.ConfigChanged || !c.Started {
		u.Config = record
	}
	c.Started = true
	return true, nil
}
