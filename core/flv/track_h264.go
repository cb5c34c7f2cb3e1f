package flv

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
