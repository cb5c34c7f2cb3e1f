package core

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/source"
	"luatrtmp/core/source/rtp"
	"luatrtmp/internal/brief"
)

const (
	// maxDatagram is the largest that UDP carries.
	maxDatagram = 65535

	// maxRTCP bounds RTCP packets: they are made for the network's usual 1500 bytes.
	maxRTCP = 8 << 10

	// packetPatience: when no packets came for so long, the user is told. The source goes on waiting.
	packetPatience = 5 * time.Second

	// readPause is between two attempts when reading fails, for whatever reason.
	readPause = 100 * time.Millisecond
)

// live receives RTP. Its sockets are open, and read, from openLive until Close: what comes while nobody takes it is followed and thrown away, so that
// nothing old waits in the kernel, and clocks and parameter sets are known when somebody does.
type live struct {
	log     *slog.Logger
	desc    *rtp.Description
	began   time.Time
	sockets []*net.UDPConn
	readers sync.WaitGroup
	failed  chan error // a mistake of this library; holds one

	mu      sync.Mutex
	stream  *rtp.Stream
	playing bool
	take    func(*flv.AccessUnit)      // while it plays
	drop    func(frames int, size int) // the same
	units   int                        // that were taken since Look
	heard   []time.Time                // when the latest packet of each medium came, or it began to play
	silent  []bool                     // the user was told
}

// openLive binds the sockets of a live source and begins to read them.
func openLive(spec source.Spec, log *slog.Logger) (liveSource, error) {
	desc, err := source.Describe(spec)
	if err != nil {
		return nil, rtmperr.New(rtmperr.ErrInvalid, "%v", err)
	}
	l := &live{
		log: log, desc: desc, began: time.Now(), failed: make(chan error, 1),
		heard: make([]time.Time, len(desc.Media)), silent: make([]bool, len(desc.Media)),
	}
	l.stream, err = rtp.New(desc, rtp.Sink{
		Unit: func(u *flv.AccessUnit) {
			if l.playing {
				l.units++
				l.take(u)
			}
		},
		Dropped: func(frames, size int) {
			if l.playing {
				l.drop(frames, size)
			}
		},
		Warn: func(text string) { log.Warn("RTP source: not all is well with what comes in", "what", text) },
	})
	if err != nil {
		return nil, rtmperr.New(rtmperr.ErrInvalid, "%s: %v", brief.Text(spec.Path), err)
	}
	var media []*net.UDPConn
	for i := range desc.Media {
		conn, err := listenUDP(desc.Media[i].Address)
		if err != nil {
			l.Close()
			return nil, err
		}
		media, l.sockets = append(media, conn), append(l.sockets, conn)
	}
	for i, conn := range media {
		l.read(i, conn, maxDatagram, (*rtp.Stream).Packet)
		l.readControl(i)
	}
	return l, nil
}

// readControl begins to read RTCP. Without it audio and video keep the distance in which they arrive.
func (l *live) readControl(medium int) {
	m := &l.desc.Media[medium]
	if m.RTCP == 0 {
		return
	}
	conn, err := listenUDP(netip.AddrPortFrom(m.Address.Addr(), m.RTCP))
	if err != nil {
		l.log.Warn("RTP source: no RTCP, without which audio and video may be apart", "codec", m.Codec, "why", err)
		return
	}
	l.sockets = append(l.sockets, conn)
	l.read(medium, conn, maxRTCP, (*rtp.Stream).Control)
}

// read reads a socket in a goroutine of its own, until it is closed.
func (l *live) read(medium int, conn *net.UDPConn, size int, pass func(*rtp.Stream, int, []byte, time.Duration)) {
	buf := make([]byte, size)
	l.readers.Go(func() {
		if err := rtmperr.Guard(func() error { return l.readAll(medium, conn, buf, pass) }); err != nil {
			select {
			case l.failed <- err:
			default:
			}
		}
	})
}

func (l *live) readAll(medium int, conn *net.UDPConn, buf []byte, pass func(*rtp.Stream, int, []byte, time.Duration)) error {
	sources := l.desc.Media[medium].Sources
	var deadline time.Time
	for {
		if next := l.deadline(medium); next != deadline {
			deadline = next
			conn.SetReadDeadline(deadline) // fails only when it is closed, as the reading then
		}
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		switch {
		case err == nil:
			if len(sources) == 0 || slices.Contains(sources, from.Addr().Unmap()) {
				l.pass(medium, buf[:n], pass)
			}
		case errors.Is(err, net.ErrClosed):
			return nil
		case rtmperr.IsTimeout(err):
			l.tick()
		default:
			l.log.Warn("RTP source: reading fails", "why", rtmperr.Reason(err))
			time.Sleep(readPause)
		}
	}
}

// deadline returns until when to wait for a packet; zero: for ever.
func (l *live) deadline(medium int) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if due, ok := l.stream.Deadline(medium); ok {
		return l.began.Add(due)
	}
	return time.Time{}
}

func (l *live) pass(medium int, datagram []byte, pass func(*rtp.Stream, int, []byte, time.Duration)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.heard[medium] = now; l.silent[medium] {
		l.silent[medium] = false
		l.log.Info("RTP source: packets come again", "codec", l.desc.Media[medium].Codec)
	}
	pass(l.stream, medium, datagram, now.Sub(l.began))
}

func (l *live) tick() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stream.Tick(time.Since(l.began))
}

// Play lets access units go to take, from the next key frame on, and the numbers of frames that were dropped to drop.
func (l *live) Play(take func(*flv.AccessUnit), drop func(frames, size int)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.playing, l.take, l.drop, l.units = true, take, drop, 0
	now := time.Now()
	for i := range l.heard {
		l.heard[i], l.silent[i] = now, false
	}
	l.stream.Play(now.Sub(l.began))
}

// Pause ends that. When it returns, nothing is being taken any more.
func (l *live) Pause() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stream.Pause()
	l.playing = false
}

var (
	errNoPackets = errors.New("no packets come")
	errNoUnits   = errors.New("packets come, but no frame that can be decoded: no key frame or no parameter sets came, or they are of another codec")
)

// Look tells the user about media of which nothing comes. It returns why no access unit has come since it was called before,
// nil if one has; and whether the log has that reason already.
func (l *live) Look() (why error, logged bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	why, logged = errNoPackets, true
	for i := range l.heard {
		quiet := time.Since(l.heard[i])
		if quiet < packetPatience {
			why, logged = errNoUnits, false
			continue
		}
		if m := &l.desc.Media[i]; !l.silent[i] {
			l.silent[i] = true
			l.log.Warn("RTP source: no packets come; waiting for them", "codec", m.Codec, "at", m.Address, "since", quiet.Round(time.Second))
		}
	}
	if l.units > 0 {
		why, logged = nil, false
	}
	l.units = 0
	return why, logged
}

// Failed returns what tells of a mistake of this library, after which nothing comes any more.
func (l *live) Failed() <-chan error { return l.failed }

// Info describes the media.
func (l *live) Info() source.Info {
	l.mu.Lock()
	defer l.mu.Unlock()
	video, audio := l.stream.Configs()
	return source.Info{
		Video: l.stream.VideoInfo(), Audio: l.stream.AudioInfo(), Skipped: l.desc.Skipped, VideoConfig: video, AudioConfig: audio,
	}
}

// Ports returns the UDP ports at which it receives.
func (l *live) Ports() []uint16 { return portsOf(l.desc) }

// livePorts returns the UDP ports at which a live source would receive.
func livePorts(spec source.Spec) ([]uint16, error) {
	desc, err := source.Describe(spec)
	if err != nil {
		return nil, err
	}
	return portsOf(desc), nil
}

func portsOf(desc *rtp.Description) (ports []uint16) {
	for _, m := range desc.Media {
		ports = append(ports, m.Address.Port())
		if m.RTCP != 0 {
			ports = append(ports, m.RTCP)
		}
	}
	return ports
}

// Close closes the sockets and waits until nobody reads them. It may be called again.
func (l *live) Close() {
	for _, conn := range l.sockets {
		conn.Close()
	}
	l.readers.Wait()
}
