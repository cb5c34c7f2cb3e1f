package ingest

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

// Receiver receives RTP. Its sockets are open, and read, from Open until Close: what comes while nobody takes it is followed and thrown away, so that
// nothing old waits in the kernel, and clocks and parameter sets are known when somebody does.
type Receiver struct {
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

// Open binds the sockets of a live source and begins to read them.
func Open(spec source.Spec, log *slog.Logger) (*Receiver, error) {
	desc, err := source.Describe(spec)
	if err != nil {
		return nil, rtmperr.New(rtmperr.ErrInvalid, "%v", err)
	}
	r := &Receiver{
		log: log, desc: desc, began: time.Now(), failed: make(chan error, 1),
		heard: make([]time.Time, len(desc.Media)), silent: make([]bool, len(desc.Media)),
	}
	r.stream, err = rtp.New(desc, rtp.Sink{
		Unit: func(u *flv.AccessUnit) {
			if r.playing {
				r.units++
				r.take(u)
			}
		},
		Dropped: func(frames, size int) {
			if r.playing {
				r.drop(frames, size)
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
			r.Close()
			return nil, err
		}
		media, r.sockets = append(media, conn), append(r.sockets, conn)
	}
	for i, conn := range media {
		r.read(i, conn, maxDatagram, (*rtp.Stream).Packet)
		r.readControl(i)
	}
	return r, nil
}

// readControl begins to read RTCP. Without it audio and video keep the distance in which they arrive.
func (r *Receiver) readControl(medium int) {
	m := &r.desc.Media[medium]
	if m.RTCP == 0 {
		return
	}
	conn, err := listenUDP(netip.AddrPortFrom(m.Address.Addr(), m.RTCP))
	if err != nil {
		r.log.Warn("RTP source: no RTCP, without which audio and video may be apart", "codec", m.Codec, "why", err)
		return
	}
	r.sockets = append(r.sockets, conn)
	r.read(medium, conn, maxRTCP, (*rtp.Stream).Control)
}

// read starts the goroutine that reads a socket until it is closed.
func (r *Receiver) read(medium int, conn *net.UDPConn, size int, pass func(*rtp.Stream, int, []byte, time.Duration)) {
	buf := make([]byte, size)
	r.readers.Go(func() {
		if err := rtmperr.Guard(func() error { return r.readAll(medium, conn, buf, pass) }); err != nil {
			select {
			case r.failed <- err:
			default:
			}
		}
	})
}

func (r *Receiver) readAll(medium int, conn *net.UDPConn, buf []byte, pass func(*rtp.Stream, int, []byte, time.Duration)) error {
	sources := r.desc.Media[medium].Sources
	var deadline time.Time
	for {
		if next := r.deadline(medium); next != deadline {
			deadline = next
			conn.SetReadDeadline(deadline) // fails only when it is closed, as the reading then
		}
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		switch {
		case err == nil:
			if len(sources) == 0 || slices.Contains(sources, from.Addr().Unmap()) {
				r.pass(medium, buf[:n], pass)
			}
		case errors.Is(err, net.ErrClosed):
			return nil
		case rtmperr.IsTimeout(err):
			r.tick()
		default:
			r.log.Warn("RTP source: reading fails", "why", rtmperr.Reason(err))
			time.Sleep(readPause)
		}
	}
}

// deadline returns until when to wait for a packet; zero: for ever.
func (r *Receiver) deadline(medium int) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if due, ok := r.stream.Deadline(medium); ok {
		return r.began.Add(due)
	}
	return time.Time{}
}

func (r *Receiver) pass(medium int, datagram []byte, pass func(*rtp.Stream, int, []byte, time.Duration)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.heard[medium] = now; r.silent[medium] {
		r.silent[medium] = false
		r.log.Info("RTP source: packets come again", "codec", r.desc.Media[medium].Codec)
	}
	pass(r.stream, medium, datagram, now.Sub(r.began))
}

func (r *Receiver) tick() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stream.Tick(time.Since(r.began))
}

// Play lets access units go to take, from the next key frame on, and the numbers of frames that were dropped to drop.
func (r *Receiver) Play(take func(*flv.AccessUnit), drop func(frames, size int)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.playing, r.take, r.drop, r.units = true, take, drop, 0
	now := time.Now()
	for i := range r.heard {
		r.heard[i], r.silent[i] = now, false
	}
	r.stream.Play(now.Sub(r.began))
}

// Pause ends that. When it returns, nothing is being taken any more.
func (r *Receiver) Pause() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stream.Pause()
	r.playing = false
}

var (
	errNoPackets = errors.New("no packets come")
	errNoUnits   = errors.New("packets come, but no frame that can be decoded: no key frame or no parameter sets came, or they are of another codec")
)

// Look tells the user about media of which nothing comes. It returns why no access unit has come since it was called before,
// nil if one has; and whether the log has that reason already.
func (r *Receiver) Look() (why error, logged bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	why, logged = errNoPackets, true
	for i := range r.heard {
		quiet := time.Since(r.heard[i])
		if quiet < packetPatience {
			why, logged = errNoUnits, false
			continue
		}
		if m := &r.desc.Media[i]; !r.silent[i] {
			r.silent[i] = true
			r.log.Warn("RTP source: no packets come; waiting for them", "codec", m.Codec, "at", m.Address, "since", quiet.Round(time.Second))
		}
	}
	if r.units > 0 {
		why, logged = nil, false
	}
	r.units = 0
	return why, logged
}

// Failed returns what tells of a mistake of this library, after which nothing comes any more.
func (r *Receiver) Failed() <-chan error { return r.failed }

// Info describes the media.
func (r *Receiver) Info() source.Info {
	r.mu.Lock()
	defer r.mu.Unlock()
	video, audio := r.stream.Configs()
	return source.Info{
		Video: r.stream.VideoInfo(), Audio: r.stream.AudioInfo(), Skipped: r.desc.Skipped, VideoConfig: video, AudioConfig: audio,
	}
}

// Ports returns the UDP ports at which it receives.
func (r *Receiver) Ports() []uint16 { return portsOf(r.desc) }

// Packets returns how many packets of a medium have come.
func (r *Receiver) Packets(medium int) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stream.Counts(medium).Packets
}

// Ports returns the UDP ports at which a live source would receive.
func Ports(spec source.Spec) ([]uint16, error) {
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
func (r *Receiver) Close() {
	for _, conn := range r.sockets {
		conn.Close()
	}
	r.readers.Wait()
}
