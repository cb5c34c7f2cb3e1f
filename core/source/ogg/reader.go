package ogg

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/internal/brief"
)

const (
	// In Ogg, STREAMINFO stands with its marker behind "\x7FFLAC", a version of 2 bytes and the number of header packets in 2. RFC 9639, 10.1.
	flacConfigAt = 9
	flacSync     = 0xFF // an audio frame begins with it, a metadata block does not

	maxOggStreams = 64 // in one link of a chain
	tail          = 128 << 10
)

// codecs are the streams that are known by the begin of their first packet.
var codecs = []struct {
	magic, name string
	codec       flv.Codec
}{
	{"OpusHead", "opus", flv.Opus},
	{"\x7FFLAC", "flac", flv.FLAC},
	{"\x01vorbis", "vorbis", flv.NoCodec},
	{"\x80theora", "theora", flv.NoCodec},
	{"Speex   ", "speex", flv.NoCodec},
	{"OVP80", "vp8", flv.NoCodec},
	{"BBCD", "dirac", flv.NoCodec},
	{"fishead", "skeleton", flv.NoCodec},
	{"\x80kate", "kate", flv.NoCodec},
}

// reader reads Opus or FLAC from Ogg, also in links that are chained one after the other. RFC 7845, RFC 9639, 10.1.
//
// Times come from the number of samples in the packets. Where the granule position of a page, RFC 7845, 4, is ahead of them, something is missing
// in the file, and time goes on at the position.
type reader struct {
	media.Window
	media.AudioOnly
	info    media.Info
	codec   flv.Codec
	packets packets

	serial   uint32
	playing  bool  // serial is the stream of the link
	fault    error // what is wrong with the first stream of the link that would be sent
	header   bool  // packets of this link with data were seen
	config   []byte
	pending  bool // config goes with the next unit
	track    flv.AudioTrack
	rate     uint32        // of its samples
	base     time.Duration // when the link begins
	first    int64         // granule position at which it does
	position int64         // of the next packet
	timed    bool          // first is known

	passed bool // something that is no page was passed over

	queue [][]byte // packets of the page
	next  int
	unit  flv.AccessUnit
	err   error
}

// Open opens an Ogg file.
func Open(in *media.Input) (media.Reader, error) {
	f := &reader{Window: media.Window{In: in}}
	var err error
	if f.info.Skipped, err = f.survey(); err != nil {
		return nil, err
	}
	if err = f.Rewind(); err != nil {
		return nil, err
	}
	if _, err = f.Next(); err != nil {
		if err == io.EOF {
			err = fmt.Errorf("%w: the %v stream has no packets", media.ErrBadMedia, f.codec)
		}
		return nil, err
	}
	info := f.track.Info()
	f.info.Audio = &info
	f.info.Duration = f.duration()
	return f, f.Rewind()
}

// survey looks at the first pages of all streams, which stand in front of all else, and names those that are not sent.
func (f *reader) survey() (skipped []string, err error) {
	for streams := 0; ; streams++ {
		p, err := f.nextPage()
		if err != nil && err != io.EOF {
			return nil, err
		}
		if err == io.EOF || p.flags&first == 0 {
			break
		}
		if streams >= maxOggStreams {
			return nil, fmt.Errorf("%w: more than %d streams", media.ErrBadMedia, maxOggStreams)
		}
		codec, name := codec(p.data)
		var fault error
		if codec != flv.NoCodec {
			_, fault = newTrack(codec, &p)
		}
		switch {
		case fault != nil:
			f.fault = cmp.Or(f.fault, fault)
			skipped = append(skipped, fmt.Sprintf("stream %08x (audio): %v", p.serial, fault))
		case codec == flv.NoCodec:
			skipped = append(skipped, fmt.Sprintf("stream %08x: %s", p.serial, name))
		case f.codec != flv.NoCodec:
			skipped = append(skipped, fmt.Sprintf("stream %08x (audio): the first one is sent", p.serial))
		default:
			f.codec = codec
		}
	}
	if f.codec != flv.NoCodec {
		return skipped, nil
	}
	if f.fault != nil {
		return nil, f.fault
	}
	if len(skipped) == 0 {
		return nil, fmt.Errorf("%w: no stream begins at the begin of the file", media.ErrBadMedia)
	}
	return nil, fmt.Errorf("no Opus and no FLAC: %s cannot be sent: %w; %s", brief.Join(skipped), media.ErrUnsupported, media.SoundAdvice)
}

// codec returns the codec of a stream by its first page.
func codec(page []byte) (flv.Codec, string) {
	for _, c := range codecs {
		if bytes.HasPrefix(page, []byte(c.magic)) {
			return c.codec, c.name
		}
	}
	return flv.NoCodec, fmt.Sprintf("unknown (% x)", page[:min(len(page), 8)])
}

// duration is the position of the last page of the stream in a file without further links, 0 if that is not within reach.
func (f *reader) duration() time.Duration {
	tail := make([]byte, min(tail, f.In.Size))
	if _, err := f.In.ReadAt(tail, f.In.Size-int64(len(tail))); err != nil && err != io.EOF {
		return 0
	}
	for at := bytes.LastIndex(tail, []byte(magic)); at >= 0; at = bytes.LastIndex(tail[:at], []byte(magic)) {
		w := media.Window{In: f.In, Offset: f.In.Size - int64(len(tail)-at)}
		if p, err := readOggPage(&w); err == nil && p.serial == f.serial && p.granule != noGranule {
			return max(media.Ticks(p.granule-f.first, f.rate), 0)
		}
	}
	return 0
}

func (f *reader) Info() media.Info { return f.info }

func (f *reader) Close() error { return f.In.Close() }

func (f *reader) Rewind() error {
	f.Goto(0)
	f.err = nil
	f.config, f.base = nil, 0
	f.endLink()
	f.base = 0
	return nil
}

// endLink forgets the stream. The next link goes on where it ended.
func (f *reader) endLink() {
	f.base = f.now()
	f.playing, f.header, f.timed = false, false, false
	f.fault = nil
	f.first, f.position = 0, 0
	f.packets.reset()
	f.queue, f.next = f.queue[:0], 0
}

func (f *reader) End() time.Duration { return f.now() }

func (f *reader) now() time.Duration {
	if f.rate == 0 {
		return f.base
	}
	return f.base + media.Ticks(f.position-f.first, f.rate)
}

func (f *reader) Next() (*flv.AccessUnit, error) {
	for f.err == nil && f.next >= len(f.queue) {
		f.err = f.readPage()
	}
	if f.next >= len(f.queue) {
		return nil, f.err
	}
	packet := f.queue[f.next]
	f.next++
	now := f.now()
	f.unit = flv.AccessUnit{Kind: flv.Audio, Codec: f.codec, DTS: now, PTS: now, Data: packet}
	if f.pending {
		f.unit.Config, f.pending = f.config, false
	}
	f.position += f.samples(packet)
	return &f.unit, nil
}

// readPage queues the packets of the next page.
func (f *reader) readPage() error {
	p, err := f.nextPage()
	if err != nil {
		return err
	}
	if p.flags&first != 0 {
		return f.beginStream(&p)
	}
	if !f.playing {
		if f.fault != nil {
			return f.fault
		}
		return fmt.Errorf("the chained stream before offset %d is no %v: %w; %s", p.offset, f.codec, media.ErrUnsupported, media.SoundAdvice)
	}
	if p.serial != f.serial {
		return nil
	}
	if f.queue, err = f.packets.add(f.queue[:0], &p); err != nil {
		f.queue = f.queue[:0]
		return err
	}
	f.queue = slices.DeleteFunc(f.queue, func(packet []byte) bool { return len(packet) == 0 }) // what was lost before it came here
	f.dropHeaders()
	f.next = 0
	f.setTime(&p)
	return nil
}

// beginStream takes the first page of a stream. Those of a link stand together in front of its data.
func (f *reader) beginStream(p *page) error {
	if f.playing && f.header {
		f.endLink()
	}
	codec, _ := codec(p.data)
	if f.playing || codec != f.codec {
		return nil
	}
	track, err := newTrack(codec, p)
	if err != nil { // another stream of the link may be good
		f.fault = cmp.Or(f.fault, err)
		return nil
	}
	f.track, f.fault = track, nil
	f.playing, f.serial = true, p.serial
	f.rate = uint32(f.track.Info().SampleRate)
	if codec == flv.Opus {
		f.rate = flv.OpusRate // of granule positions: RFC 7845, 4
	}
	if record := f.track.Record(); !bytes.Equal(record, f.config) {
		f.config, f.pending = record, true
	}
	f.packets.sequence, f.packets.begun = p.sequence+1, true
	return nil
}

// newTrack reads the first page of a stream, which has the configuration.
func newTrack(codec flv.Codec, p *page) (flv.AudioTrack, error) {
	config := p.data
	if codec == flv.FLAC {
		config = p.data[min(flacConfigAt, len(p.data)):]
	}
	track, err := flv.NewAudioTrack(codec)
	if err == nil {
		err = track.SetConfig(config)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: page at offset %d: %w", media.ErrBadMedia, p.offset, err)
	}
	return track, nil
}

// samples returns the duration of a packet; a broken one has none.
func (f *reader) samples(packet []byte) int64 {
	n, _ := f.track.Samples(packet)
	return int64(max(n, 0))
}

// dropHeaders removes the packets in front of the audio: OpusTags, or the metadata blocks of FLAC.
func (f *reader) dropHeaders() {
	for !f.header && len(f.queue) > 0 {
		packet := f.queue[0]
		if f.codec == flv.Opus && bytes.HasPrefix(packet, []byte("OpusTags")) || f.codec == flv.FLAC && packet[0] != flacSync {
			f.queue = f.queue[1:]
			continue
		}
		f.header = true
	}
}

// setTime compares the position of a page, which is that of the end of its last packet, with the samples in its packets.
func (f *reader) setTime(p *page) {
	if p.granule == noGranule || len(f.queue) == 0 {
		return
	}
	length := int64(0)
	for _, packet := range f.queue {
		length += f.samples(packet)
	}
	begin := p.granule - length
	switch limit := int64(media.MaxTrackTime/time.Second) * int64(f.rate); {
	case begin < 0 || p.granule > limit:
		// On the last page the position may be earlier, where the end is cut off: RFC 7845, 4.4.
	case !f.timed:
		f.first, f.position, f.timed = begin-(f.position-f.first), begin, true
	case begin > f.position:
		if begin-f.position > media.MaxGapSeconds*int64(f.rate) {
			f.first += begin - f.position // a jump: the timeline has no gap
		}
		f.position = begin
	}
}
