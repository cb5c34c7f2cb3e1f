package rtp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

const bothURL = "rtp://127.0.0.1:5004?codec=h264&audio_codec=opus"

// avRig sends video of 25 pictures a second and Opus of 20 ms, whose packets are so much later than the video's of the same moment.
type avRig struct {
	*rig
	late     time.Duration
	audioOff float64 // how much too fast the audio's clock is
	pictures int
	frames   int
}

func newAVRig(t *testing.T, late time.Duration) *avRig {
	return &avRig{rig: newRig(t, bothURL), late: late}
}

func (r *avRig) run(d time.Duration) {
	for end := r.now + d; r.now < end; r.wait(10 * time.Millisecond) {
		at := r.now - time.Second
		if at >= time.Duration(r.pictures)*frameTime {
			r.sendPicture(uint32(r.pictures*frameTicks), pictureH264(byte(r.pictures), r.pictures%25 == 0, 2), markLast)
			r.pictures++
		}
		if at >= time.Duration(float64(r.frames)*20*(1-r.audioOff)*1e6)+r.late {
			r.send(1, 1000+uint32(r.frames*960), true, []byte{0xFC, byte(r.frames)})
			r.frames++
		}
	}
}

// apart returns how much later the audio's time is than the video's for the same moment of the sender, at the last frame of each.
func (r *avRig) apart() time.Duration {
	var v, a flv.AccessUnit
	videos, audios := 0, 0
	for _, u := range r.units {
		if u.Kind == flv.Video {
			v, videos = u, videos+1
		} else {
			a, audios = u, audios+1
		}
	}
	return (a.PTS - time.Duration(audios-1)*20*time.Millisecond) - (v.PTS - time.Duration(videos-1)*frameTime)
}

func (r *avRig) requireSteady() {
	r.t.Helper()
	last := map[flv.Kind]time.Duration{}
	for _, u := range r.units {
		if before, ok := last[u.Kind]; ok {
			require.Greater(r.t, u.DTS, before, "time never stands still or goes back")
		}
		last[u.Kind] = u.DTS
	}
}

func TestWithoutReportsArrivalsCount(t *testing.T) {
	r := newAVRig(t, 120*time.Millisecond)
	r.run(60 * time.Second)
	require.Equal(t, 120*time.Millisecond, r.apart())
	r.requireSteady()
}

func TestReportsBringAudioAndVideoTogether(t *testing.T) {
	for _, late := range []time.Duration{120 * time.Millisecond, 700 * time.Millisecond, -120 * time.Millisecond} {
		r := newAVRig(t, max(late, 0))
		before := time.Duration(0)
		if late < 0 { // the video is later: the audio's zero was earlier
			before = -late
		}
		r.run(3 * time.Second)
		r.report(0, 100*time.Second, 0)
		r.report(1, 100*time.Second-before, 1000)
		at := r.apart()
		r.run(frameTime)
		require.InDelta(t, at, r.apart(), float64(5*time.Millisecond), "no step")
		r.run(20 * time.Second)
		require.InDelta(t, -before, r.apart(), float64(time.Millisecond))
		r.requireSteady()
	}
}

func TestReportsBeforeTheFirstPacket(t *testing.T) {
	r := newAVRig(t, 300*time.Millisecond)
	r.report(0, 5*time.Second, 0)
	r.report(1, 5*time.Second, 1000)
	r.run(10 * time.Second)
	require.InDelta(t, 0, r.apart(), float64(time.Millisecond))
	r.requireSteady()
}

func TestReportsBeforePlaySetTheClock(t *testing.T) {
	r := newAVRig(t, 300*time.Millisecond)
	r.Pause()
	r.run(2 * time.Second)
	r.report(0, 5*time.Second, 0)
	r.report(1, 5*time.Second, 1000)
	r.run(100 * time.Millisecond)
	skipped, pictures := r.frames, r.pictures
	r.Play(r.now)
	r.run(2 * time.Second)
	var a, v *flv.AccessUnit
	for i := range r.units {
		if u := &r.units[i]; u.Kind == flv.Audio && a == nil {
			a = u
		} else if u.Kind == flv.Video && v == nil {
			v = u
		}
	}
	require.Positive(t, skipped)
	require.Positive(t, pictures)
	require.NotNil(t, a.Config)
	wantAudio := time.Second + time.Duration(a.Data[1])*20*time.Millisecond
	wantVideo := time.Second + time.Duration(number(v))*frameTime
	require.Equal(t, wantAudio, a.PTS, "from the first frame on")
	require.Equal(t, wantVideo, v.PTS)
}

func TestReportsOfDifferentClocks(t *testing.T) {
	r := newAVRig(t, 0)
	r.run(time.Second)
	r.report(0, 100*time.Second, 0)
	r.report(1, 5000*time.Second, 1000)
	r.Control(0, []byte{1, 2, 3}, r.now)
	r.run(2 * time.Second)
	require.Equal(t, time.Duration(0), r.apart())
	require.Contains(t, r.warnings, "the sender reports of audio and video are not of one clock; they are left out")
}

func TestDriftWithoutReports(t *testing.T) {
	r := newAVRig(t, 0)
	r.audioOff = 0.001 // 60 ms a minute
	r.run(5 * time.Minute)
	r.requireSteady()
	// The audio's frames of 20 ms come every 19.98 ms: by its own timestamps it runs ahead by 300 ms.
	last := r.units[len(r.units)-1]
	for i := len(r.units) - 1; last.Kind != flv.Audio; i-- {
		last = r.units[i]
	}
	require.InDelta(t, r.now, last.PTS, float64(maxDrift+40*time.Millisecond))
}

func TestAudioWaitsForTheFirstKeyFrame(t *testing.T) {
	r := newRig(t, bothURL)
	audio := func(n int) {
		for range n {
			r.send(1, uint32(r.seq[1])*960, true, []byte{0xFC, byte(r.seq[1])})
			r.wait(20 * time.Millisecond)
		}
	}
	audio(100) // two seconds
	require.Empty(t, r.units)
	r.sendPicture(0, pictureH264(0, true, 1), markLast)
	r.wait(endTime)
	require.Equal(t, "A A A A A A A A A A K0", r.words(), "what is 200 ms older than the key frame is left out")
	require.NotNil(t, r.units[0].Config)
	require.EqualValues(t, 100, r.units[0].Data[1], "10 + 90")
	audio(2)
	require.Equal(t, "A A A A A A A A A A K0 A A", r.words())

	r = newRig(t, bothURL)
	audio(250)
	require.Empty(t, r.units)
	audio(1)
	require.Len(t, r.units, maxHeld+1, "no key frame for 5 s: audio goes alone")
	require.NotNil(t, r.units[0].Config)
	require.Nil(t, r.units[1].Config)

	r = newRig(t, bothURL)
	audio(10)
	r.wait(2 * time.Second)
	r.sendPicture(0, pictureH264(0, true, 1), markLast)
	r.wait(endTime)
	audio(1)
	require.Equal(t, "K0 A", r.words(), "all of it was too old")
	require.NotNil(t, r.units[1].Config)
}

func TestNTPDuration(t *testing.T) {
	for _, d := range []time.Duration{0, 1500 * time.Millisecond, -1500 * time.Millisecond, 1000 * time.Hour, -time.Nanosecond * 250_000_000} {
		require.Equal(t, d, ntpDuration(int64(ntpOf(time.Hour*2000+d)-ntpOf(time.Hour*2000))))
	}
}
