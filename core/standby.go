package core

import (
	"time"

	"luatrtmp/core/source"
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
func (p *Publisher) SetCamera(camera Camera) {
	p.mu.Lock()
	session, failed := p.session, camera == CameraFailed && p.camera != CameraFailed
	p.camera = camera
	p.standsIn.Store(camera == CameraExpected)
	if camera != CameraExpected {
		p.held = nil
	}
	if p.feeder != nil {
		select {
		case p.feeder.hurry <- struct{}{}:
		default: // it is going to look already
		}
	}
	what := p.sourceName()
	p.mu.Unlock()
	if failed {
		p.log.Warn("the camera cannot be started; the source is sent instead", "source", what)
	}
	p.startFeeder(session)
}

// sourceName returns what the source is for the log, which paths and addresses are not for; p.mu is held.
func (p *Publisher) sourceName() string {
	switch {
	case p.spec.Path == source.Clip:
		return "built-in clip"
	case p.spec.Path == source.None:
		return "none"
	case p.spec.Live():
		return "live"
	}
	return "file"
}

// holdSource keeps the source off for the rest of the connection, because the camera feeds; in the next one it waits anew.
func (p *Publisher) holdSource() {
	p.holding.Lock()
	defer p.holding.Unlock()
	p.mu.Lock()
	if p.session == nil || p.held == p.session || p.state != StatePublishing {
		p.mu.Unlock()
		return
	}
	src := p.source
	p.source, p.held = nil, p.session
	wait := p.dismissFeeder()
	p.mu.Unlock()
	p.log.Info("on the air", "source", "camera")
	wait()
	p.closeSource(src)
	p.muxer.Restart()
}

// awaitsCamera reports whether the source has to wait for the camera.
func (p *Publisher) awaitsCamera() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.camera == CameraExpected
}

// standBy waits while the camera is expected, and returns false when the feeder is stopped meanwhile.
func (f *feeder) standBy(p *Publisher) bool {
	if !p.awaitsCamera() {
		return true
	}
	patience := time.NewTimer(cameraPatience)
	defer patience.Stop()
	for p.awaitsCamera() {
		select {
		case <-f.hurry:
		case <-patience.C:
			p.log.Warn("the camera was started and gives no frames", "for", cameraPatience)
		case <-f.quit:
			return false
		}
	}
	return true
}
