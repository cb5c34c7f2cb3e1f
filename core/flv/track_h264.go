package flv

import "bytes"

// h264Track is an AVC as a VideoTrack.
type h264Track struct{ AVC }

func (*h264Track) Codec() Codec { return H264 }

func (t *h264Track) Take(parts [][]byte) (VideoUnit, error) {
	u, err := t.AVC.Take(parts)
	return VideoUnit{Parts: u.NALUs, Key: u.Key, Disposable: u.Disposable, ConfigChanged: u.ConfigChanged, Frames: u.Frames, Leading: u.Leading}, err
}

func (t *h264Track) Info() VideoInfo {
	info := t.AVC.Info()
	info.Codec = H264
	return info
}

// changes compares a record with that of the last report.
type changes struct{ reported []byte }

// news reports whether a record is another one than at the previous call. Until there is a record nothing is news.
func (c *changes) news(record []byte) bool {
	if record == nil || bytes.Equal(record, c.reported) {
		return false
	}
	c.reported = record
	return true
}
