package feeder

import (
	"time"
)

// Camera is what is known of a camera of the host, whose frames are pushed.
type Camera int

const (
	NoCamera       Camera = iota // the source is all there is; the first frame pushed switches it off for good
	CameraExpected               // the source waits for the camera, however long that takes; pushed frames are the camera's
	CameraFailed                 // the camera said that there is none: the source feeds instead
)

// cameraPatience: when no frame has come for so long after PUBLISHING, the user is told. The source goes on waiting.
const cameraPatience = 5 * time.Second

// SetCamera says what is known of the host's camera. It takes effect at once: unless the camera is expected, a source that
// waits for it, or has given way to it, begins.
func (f *Feeder) SetCamera(camera Camera) {
	f.mu.Lock()
	failed := camera == CameraFailed && f.camera != CameraFailed
	f.camera = camera
	f.fallback.Store(camera == CameraExpected)
	if camera != CameraExpected && f.phase == phaseSuspended {
		f.phase = phaseFeeding
	}
	if !f.run.dismissed {
		select {
		case f.run.hurry <- struct{}{}:
		default: // it is going to look already
		}
	}
	what := f.source.kind()
	f.mu.Unlock()
	if failed {
		f.config.Log.Warn("the camera cannot be started; the source is sent instead", "source", what)
	}
	f.begin()
}

// GiveWay must be called before each frame that is pushed: it turns the source off, for good when the first frame is pushed,
// or for this stream if the camera pushes.
func (f *Feeder) GiveWay() {
	if f.fallback.Load() {
		f.suspend()
		return
	}
	f.pushOnce.Do(func() {
		f.pushed.Store(true)
		f.config.Log.Debug("frames are pushed: the source is off for good")
		f.halt()
		f.config.Sink.Restart()
	})
}

// suspend keeps the source off for the rest of the stream, because the camera feeds; in the next one it waits anew.
func (f *Feeder) suspend() {
	f.suspending.Lock()
	defer f.suspending.Unlock()
	f.mu.Lock()
	if f.phase != phaseAttached && f.phase != phaseFeeding {
		f.mu.Unlock()
		return
	}
	f.phase = phaseSuspended
	old := f.source
	f.source = newPushback(old.spec)
	wait := f.dismiss()
	f.mu.Unlock()
	f.config.Log.Info("on the air", "source", "camera")
	wait()
	old.close(f.config.Log)
	f.config.Sink.Restart()
}

// awaitsCamera reports whether the source has to wait for the camera.
func (f *Feeder) awaitsCamera() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.camera == CameraExpected
}

// standBy waits while the camera is expected, and returns false when the run is stopped meanwhile.
func (r *run) standBy() bool {
	if !r.awaitsCamera() {
		return true
	}
	patience := time.NewTimer(cameraPatience)
	defer patience.Stop()
	for r.awaitsCamera() {
		select {
		case <-r.hurry:
		case <-patience.C:
			r.config.Log.Warn("the camera was started and gives no frames", "for", cameraPatience)
		case <-r.quit:
			return false
		}
	}
	return true
}
