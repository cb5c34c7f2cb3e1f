package rtp

import "time"

const (
	// maxApart: sender reports that put audio and video further apart are not of one clock.
	maxApart = 10 * time.Second

	// maxDrift is how far audio and video may drift apart, without sender reports, until that is corrected. Less is not told from the
	// network's jitter.
	maxDrift = 50 * time.Millisecond
)

// align sets where the audio's clock should go to be in step with the video's, which stays: by the sender reports of both, and where they
// do not come by how the arrivals drift. It returns false when the reports make no sense together.
func align(video, audio *clock) bool {
	if !video.started || !audio.started {
		return true
	}
	if v, a := &video.report, &audio.report; v.known && a.known {
		target := video.time(v.ext) + ntpDuration(int64(a.ntp-v.ntp)) - audio.duration(a.ext)
		if (target - audio.offset).Abs() > maxApart {
			return false
		}
		audio.aim(target)
		return true
	}
	a, ok := audio.transit.drift()
	v, ok2 := video.transit.drift()
	if !ok || !ok2 {
		return true
	}
	if target := audio.anchor + a - v; (target - audio.offset).Abs() > maxDrift {
		audio.aim(target)
	}
	return true
}

// ntpDuration converts a difference of NTP timestamps, whose unit is 2^-32 s.
func ntpDuration(d int64) time.Duration {
	const second = 1 << 32
	whole, part := d/second, d%second
	return time.Duration(whole)*time.Second + time.Duration(part*1000/second)*time.Millisecond + time.Duration(part*1000%second*1000_000/second)
}
