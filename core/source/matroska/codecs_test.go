package matroska

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

// lengths puts a length of 4 bytes in the place of each start code of NAL units.
func lengths(t *testing.T, annexB ...[]byte) (b []byte) {
	nalus, err := flv.SplitAnnexB(nil, bytes.Join(annexB, nil))
	require.NoError(t, err)
	for _, nalu := range nalus {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(nalu))), nalu...)
	}
	return b
}

func TestH264Forms(t *testing.T) {
	idr, p := lengths(t, mediatest.IDR), lengths(t, mediatest.P)
	sets := append(bytes.Clone(mediatest.SPS), mediatest.PPS...)
	broken := bytes.Clone(mediatest.AVCRecord)
	broken[5] = 0xFF // 31 sets
	inside := bytes.Join([][]byte{mediatest.AUD[4:], mediatest.IDR, {0, 0, 0, 1, 0x0C}}, nil)
	avc := func(more ...[]byte) []byte { return el(idTracks, entry(1, typeVideo, "V_MPEG4/ISO/AVC", more...)) }
	for _, c := range []struct {
		name   string
		tracks []byte
		frames [][]byte // 40 ms apart
		units  string
		warn   string
	}{
		{"avcC", avc(private(mediatest.AVCRecord...)), [][]byte{idr, p}, "v0:4 v40000:4 ", ""},
		{"sets in band, nothing in front", avc(), [][]byte{append(lengths(t, sets), idr...), p}, "v0:35 v40000:4 ", ""},
		{"start codes, nothing in front", avc(), [][]byte{append(bytes.Clone(sets), mediatest.IDR...), mediatest.P}, "v0:35 v40000:4 ", ""},
		{"start codes, sets in front", avc(private(sets...)), [][]byte{mediatest.IDR, mediatest.P}, "v0:4 v40000:4 ", ""},
		{"avcC that is broken, sets in band", avc(private(broken...)), [][]byte{append(lengths(t, sets), idr...), p}, "v0:35 v40000:4 ", "track 1 (video): its configuration is left out"},
		{"no sets at first", avc(), [][]byte{idr, p, append(lengths(t, sets), idr...), p}, "v0:35 v40000:4 ", ""},
		{"start codes within a length", avc(private(mediatest.AVCRecord...)),
			[][]byte{append(binary.BigEndian.AppendUint32(nil, uint32(len(inside))), inside...)}, "", ""},
		{"a length beyond the frame", avc(private(mediatest.AVCRecord...)), [][]byte{idr, append([]byte{0, 1, 2, 0}, p...), {0, 0, 0, 9, 1}, p}, "v0:4 v120000:4 ", "block at offset"},
	} {
		t.Run(c.name, func(t *testing.T) {
			content := [][]byte{c.tracks}
			for i, frame := range c.frames {
				content = append(content, cluster(uint64(40*i), simple(1, 0, frame)))
			}
			in := mediatest.Memory(file(content...))
			var warnings []string
			in.Warn = func(s string) { warnings = append(warnings, s) }
			r, err := Open(in)
			require.NoError(t, err)
			require.Equal(t, 640, r.Info().Video.Width)
			for range 2 {
				first, err := r.Next()
				require.NoError(t, err)
				require.NotEmpty(t, first.Config)
				if c.units == "" {
					require.Len(t, first.NALUs, 3)
					require.NoError(t, r.Rewind())
					continue
				}
				require.NoError(t, r.Rewind())
				units, err := dump(t, r)
				require.NoError(t, err)
				require.Equal(t, c.units, units)
				require.NoError(t, r.Rewind())
			}
			require.Equal(t, c.warn != "", len(warnings) == 1, warnings)
			if c.warn != "" {
				require.Contains(t, warnings[0], c.warn)
			}
		})
	}
}

func TestAudioForms(t *testing.T) {
	sound := func(rate float64, channels uint64) []byte { return el(0xE1, real(0xB5, rate), num(0x9F, channels)) }
	acm := func(tag, channels uint16, rate uint32, extra ...byte) []byte {
		b := binary.LittleEndian.AppendUint16(nil, tag)
		b = binary.LittleEndian.AppendUint16(b, channels)
		b = binary.LittleEndian.AppendUint32(b, rate)
		b = append(b, make([]byte, 8)...)
		return private(append(append(b, byte(len(extra)), 0), extra...)...)
	}
	mp3 := mediatest.File(t, "tone.mp3")
	mp3 = mp3[bytes.Index(mp3, []byte{0xFF, 0xFB}):][:96]
	for _, c := range []struct {
		name   string
		entry  []byte
		frame  []byte
		info   flv.AudioInfo
		config string
	}{
		{"AAC", aacEntry(), aacFrame, flv.AudioInfo{Codec: flv.AAC, SampleRate: 48000, Channels: 2}, "\x11\x90"},
		{"AAC of old files", entry(2, typeAudio, "A_AAC/MPEG4/LC", sound(44100, 2)), aacFrame, flv.AudioInfo{Codec: flv.AAC, SampleRate: 44100, Channels: 2}, "\x12\x10"},
		{"HE-AAC of old files", entry(2, typeAudio, "A_AAC/MPEG2/LC/SBR", sound(22050, 1)), aacFrame, flv.AudioInfo{Codec: flv.AAC, SampleRate: 44100, Channels: 1}, "\x2B\x8A\x08\x00"},
		{"AAC with ADTS", entry(2, typeAudio, "A_AAC", sound(48000, 2)), mediatest.ADTSFrame, flv.AudioInfo{Codec: flv.AAC, SampleRate: 48000, Channels: 2}, "\x11\x90"},
		{"AAC of ACM", entry(2, typeAudio, "A_MS/ACM", acm(0xFF, 2, 48000, 0x11, 0x90)), aacFrame, flv.AudioInfo{Codec: flv.AAC, SampleRate: 48000, Channels: 2}, "\x11\x90"},
		{"G.711 of ACM", entry(2, typeAudio, "A_MS/ACM", sound(8000, 2), acm(6, 2, 8000)), aacFrame[:2], flv.AudioInfo{Codec: flv.PCMA, SampleRate: 8000, Channels: 2}, "\x02"},
		{"MP3 of ACM", entry(2, typeAudio, "A_MS/ACM", acm(0x55, 1, 48000)), mp3, flv.AudioInfo{Codec: flv.MP3, SampleRate: 48000, Channels: 1}, ""},
		{"Opus without its header", entry(2, typeAudio, "A_OPUS", sound(48000, 2)), []byte{0xFC, 1}, flv.AudioInfo{Codec: flv.Opus, SampleRate: 48000, Channels: 2}, string(flv.OpusHead(2))},
		{"a name with more behind it", entry(2, typeAudio, "A_AC3/BSID9"), mediatest.File(t, "tone.ac3")[:256], flv.AudioInfo{Codec: flv.AC3, SampleRate: 48000, Channels: 1}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := open(t, file(el(idTracks, c.entry), cluster(0, simple(2, 0, c.frame))))
			require.Equal(t, &c.info, r.Info().Audio)
			u, err := r.Next()
			require.NoError(t, err)
			require.Equal(t, c.config, string(u.Config))
			require.False(t, flv.IsADTS(u.Data) && c.info.Codec == flv.AAC)
		})
	}
}

// What cannot be sent is named with its codec; without anything that can be, that is the error.
func TestRefusedTracks(t *testing.T) {
	vfw := append(make([]byte, 16), "H264\x00\x00"...)
	encrypted := el(0x6D80, el(0x6240, num(0x5033, 1)))
	packed := func(algorithm uint64) []byte { return el(0x6D80, el(0x6240, el(0x5034, num(0x4254, algorithm)))) }
	layer2 := []byte{0xFF, 0xFD, 0x84, 0x00, 0, 0, 0, 0}
	for _, c := range []struct {
		name  string
		entry []byte
		frame []byte
		text  string
	}{
		{"VFW", entry(1, typeVideo, "V_MS/VFW/FOURCC", private(vfw...)), nil, `track 1 (video): V_MS/VFW/FOURCC with "H264", which has no presentation times`},
		{"encrypted", vp8Entry(encrypted), nil, "track 1 (video): encrypted media"},
		{"LZO", vp8Entry(packed(2)), nil, "track 1 (video): compressed by LZO"},
		{"another compression", vp8Entry(packed(4)), nil, "track 1 (video): compressed by algorithm 4"},
		{"ACM", entry(1, typeAudio, "A_MS/ACM", private(make([]byte, 18)...)), nil, "track 1 (audio): unknown (A_MS/ACM with format 0x0000)"},
		{"PCM of ACM", entry(1, typeAudio, "A_MS/ACM", private(append([]byte{1}, make([]byte, 17)...)...)), nil, "track 1 (audio): pcm (A_MS/ACM with format 0x0001)"},
		{"FLAC without STREAMINFO", entry(1, typeAudio, "A_FLAC"), nil, "track 1 (audio): flac without its configuration"},
		{"Opus with a broken header", entry(1, typeAudio, "A_OPUS", private(1, 2, 3)), nil, "track 1 (audio): opus: "},
		{"G.711 with 16 kHz", entry(1, typeAudio, "A_MS/ACM", el(0xE1, real(0xB5, 16000)), private(append([]byte{7, 0}, make([]byte, 16)...)...)), nil, "G.711 with 16000 Hz"},
		{"layer 2 as MP3", entry(1, typeAudio, "A_MPEG/L3"), layer2, "track 1 (audio): " + media.MP2},
		{"buttons", entry(1, typeButtons, "B_VOBBTN"), nil, `track 1 (buttons): "B_VOBBTN"`},
		{"an unknown type", entry(1, 77, "X"), nil, `track 1 (type 77): "X"`},
		{"a video codec in an audio track", entry(1, typeAudio, "V_VP8"), nil, `track 1 (audio): "V_VP8"`},
		{"a long name", entry(1, typeAudio, strings.Repeat("A", 1000)), nil, `A..."`},
		{"an entry that is too large", entry(1, typeAudio, "A_AAC", private(make([]byte, maxEntry)...)), nil, "the entry of a track at offset"},
		{"no frames", entry(1, typeAudio, "A_AAC", private(mediatest.ASC...)), nil, "track 1 (audio): no aac in the first"},
	} {
		t.Run(c.name, func(t *testing.T) {
			content := cluster(0)
			if c.frame != nil {
				content = cluster(0, simple(1, 0, c.frame))
			}
			_, err := Open(mediatest.Memory(file(el(idTracks, c.entry), content)))
			require.ErrorContains(t, err, c.text)
			if c.name == "no frames" {
				require.ErrorIs(t, err, media.ErrBadMedia)
				return
			}
			require.ErrorIs(t, err, media.ErrUnsupported)
			require.ErrorContains(t, err, "; convert with: ffmpeg")
			r := open(t, file(el(idTracks, c.entry, entry(9, typeVideo, "V_VP9"), entry(7, typeVideo, "V_VP8"), entry(8, typeVideo, "V_VP8")),
				cluster(0, simple(1, 0, c.frame), simple(7, 0, vp8Key), simple(8, 0, vp8Key), simple(7, 40, vp8Inter), simple(8, 40, vp8Inter))))
			require.Len(t, r.Info().Skipped, 3)
			require.Contains(t, r.Info().Skipped[0]+r.Info().Skipped[2], c.text)
			all := strings.Join(r.Info().Skipped, "\n")
			require.Contains(t, all, "track 9 (video): no vp9 in the first")
			require.Contains(t, all, "track 8 (video): the first one is sent")
			units, err := dump(t, r)
			require.NoError(t, err)
			require.Equal(t, "v0:12 v40000:4 ", units)
		})
	}
}

func TestOpenErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		file []byte
		err  error
		text string
	}{
		{"no header", []byte("\x1A\x45\xDF"), media.ErrBadMedia, "no EBML header"},
		{"another type", el(idEBML, text(0x4282, "other")), media.ErrUnsupported, `EBML files of the type "other"`},
		{"nothing behind the header", header(), media.ErrTruncated, "no cluster in"},
		{"no cluster", file(both()), media.ErrTruncated, "no cluster in"},
		{"no tracks", file(cluster(0, simple(1, 0, vp8Key))), media.ErrBadMedia, "no tracks"},
		{"no key frame", file(both(), cluster(0, simple(1, 0, vp8Inter))), media.ErrBadMedia, "track 1 (video): no vp8 that can be decoded in the first"},
		{"another type with a segment", append(el(idEBML, text(0x4282, "other")), el(idSegment, both())...), media.ErrUnsupported, `EBML files of the type "other"`},
		{"frames that cannot be unpacked", file(el(idTracks, entry(2, typeAudio, "A_AAC", private(mediatest.ASC...), el(0x6D80, el(0x6240, num(0x5032, 1))))), cluster(0, simple(2, 0, aacFrame))),
			media.ErrBadMedia, "track 2 (audio): bad media file: compressed data: "},
		{"a broken key frame", file(both(), cluster(0, simple(1, 0, vp8Key[:6]))), media.ErrBadMedia, "track 1 (video): vp8: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(mediatest.Memory(c.file))
			require.ErrorIs(t, err, c.err)
			require.ErrorContains(t, err, c.text)
		})
	}
}

// Colours that only the container has are in what is said of the track.
func TestColours(t *testing.T) {
	r := open(t, file(el(idTracks, vp8Entry(el(0xE0, el(0x55B0, num(0x55B1, 9), num(0x55BA, 16), num(0x55BB, 9), num(0x55BC, 1000), num(0x55BD, 400),
		el(0x55D0, real(0x55D1, 0.7), real(0x55D9, 1000)))))), cluster(0, simple(1, 0, vp8Key))))
	require.Equal(t, &flv.Color{
		Primaries: 9, Transfer: 16, MatrixCoefficients: 9, MaxCLL: 1000, MaxFALL: 400, Mastering: &flv.MasteringDisplay{RedX: 0.7, MaxLuminance: 1000},
	}, r.Info().Video.Color)
}

// Elements that the library does not know cost nothing, wherever they stand.
func TestUnknownElementsInHeaders(t *testing.T) {
	odd := el(0x52F1, []byte{0xD7, 0x81, 5, 0x83, 0x81, 2}) // looks like another number and type inside
	r := open(t, append(el(idEBML, odd, text(0x4282, "webm"), odd), el(idSegment, el(idInfo, odd, num(0x2AD7B1, 1e6), odd),
		el(idTracks, odd, vp8Entry(odd, el(0x52F2), []byte{0x88, 0x80}, el(0xE0, odd, num(0xB0, 16), el(0x53B8, make([]byte, 9))), odd)),
		cluster(0, odd, simple(1, 0, vp8Key), odd))...))
	units, err := dump(t, r)
	require.NoError(t, err)
	require.Equal(t, "v0:12 ", units)
}

// big is a file of a few pieces at large offsets, and of zeros between them.
type big struct {
	pieces map[int64][]byte
	read   int64
}

func (b *big) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	b.read += int64(len(p))
	for at, piece := range b.pieces {
		if at < off+int64(len(p)) && off < at+int64(len(piece)) {
			if at >= off {
				copy(p[at-off:], piece)
			} else {
				copy(p, piece[off-at:])
			}
		}
	}
	return len(p), nil
}

// sized makes the header of an element of a size.
func sized(id uint32, size int64) []byte {
	return append(idBytes(id), binary.BigEndian.AppendUint64(nil, uint64(size)|1<<56)...)
}

// What is large and no frame that is sent is neither read nor held.
func TestLargeElements(t *testing.T) {
	const large = 1 << 40
	head := append(append(header(), endless(idSegment)...), sized(idAttachments, large)...)
	at := int64(len(head)) + large
	b := &big{pieces: map[int64][]byte{0: head}}
	add := func(piece ...[]byte) {
		all := bytes.Join(piece, nil)
		b.pieces[at] = all
		at += int64(len(all))
	}
	add(both(), endless(idCluster, num(idTimestamp, 0)), simple(1, 0, vp8Key), sized(idVoid, large))
	at += large
	add(sized(idSimpleBlock, large), blockBody(7, 0, 0)) // of a track that is not sent
	at += large - 4
	add(sized(idSimpleBlock, media.MaxSampleSize+5), blockBody(1, 40, 0))
	at += media.MaxSampleSize + 1
	add(simple(1, 80, vp8Inter), sized(idSimpleBlock, media.MaxSampleSize+4), blockBody(1, 120, 0))
	at += media.MaxSampleSize
	add(sized(idCues, large))
	at += large

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := Open(&media.Input{ReaderAt: b, Size: at})
	require.NoError(t, err)
	units, err := dump(t, r)
	require.NoError(t, err)
	require.Equal(t, "v0:12 v80000:4 v120000:16777216 ", units)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20))
	require.Less(t, b.read, int64(64<<20))
}

// A million tracks are counted, not held.
func TestMillionTracks(t *testing.T) {
	const count = 1_000_000
	one := []byte{idTrackEntry, 0x86, 0xD7, 0x81, 3, 0x83, 0x81, 2}
	b := file(el(idTracks, vp8Entry(), bytes.Repeat(one, count)), cluster(0, simple(1, 0, vp8Key)))
	begin := time.Now()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := open(t, b)
	runtime.ReadMemStats(&after)
	require.Less(t, time.Since(begin), 5*time.Second)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20))
	require.LessOrEqual(t, len(r.Info().Skipped), maxTracks+1)
	require.Contains(t, r.Info().Skipped[len(r.Info().Skipped)-1], "998977 tracks after the first 1024")
}

func TestOrder(t *testing.T) {
	ms := func(all ...int64) (ns []int64) {
		for _, v := range all {
			ns = append(ns, v*1e6)
		}
		return ns
	}
	for _, c := range []struct {
		name     string
		depth    int
		pts, dts []int64 // ms
	}{
		{"no reordering", 0, ms(0, 40, 80), ms(0, 40, 80)},
		{"one", 1, ms(0, 80, 40, 160, 120), ms(-40, 0, 40, 80, 120)},
		{"two", 2, ms(0, 160, 80, 40, 120, 320, 240, 200, 280), ms(-80, -40, 0, 40, 80, 120, 160, 200, 240)},
		{"more than was known", 0, ms(0, 80, 40, 160, 120, 240, 200), ms(0, 80, 80, 80, 120, 160, 200)},
		{"the clock starts again", 1, ms(1000, 1080, 1040, 0, 80, 40, 160), ms(960, 1000, 1040, -40, 0, 40, 80)},
		{"the clock is set", 1, ms(0, 80, 40, 60_000, 60_080, 60_040, 60_160), ms(-40, 0, 40, 59_960, 60_000, 60_040, 60_080)},
	} {
		o := order{depth: c.depth, frame: 40e6}
		var f firstFrames
		for i, pts := range c.pts {
			require.Equal(t, c.dts[i], o.next(pts), "%s: %d", c.name, i)
			f.add(pts)
		}
	}
	var f firstFrames
	for _, pts := range ms(0, 160, 80, 40, 120, 320, 240, 200, 280) {
		f.add(pts)
	}
	require.Equal(t, 2, f.depth)
	require.Equal(t, int64(40e6), f.frame())
}

// One wrong bit in the name of the type is no reason to refuse a file.
func TestDamagedDocType(t *testing.T) {
	in := mediatest.Memory(append(el(idEBML, text(0x4282, "matrosca")), el(idSegment, both(), cluster(0, simple(1, 0, vp8Key)))...))
	var warnings []string
	in.Warn = func(s string) { warnings = append(warnings, s) }
	_, err := Open(in)
	require.NoError(t, err)
	require.Equal(t, []string{`it says that it is of the type "matrosca", but it is Matroska`}, warnings)
}

// A file that another one was appended to goes on with the configuration of that one.
func TestJoinedFilesHaveTheirOwnConfigurations(t *testing.T) {
	short := bytes.Clone(mediatest.AVCRecord)
	short[4] = 0xFC | 1 // lengths of 2 bytes
	avc := func(record []byte) []byte {
		return el(idTracks, entry(1, typeVideo, "V_MPEG4/ISO/AVC", private(record...)))
	}
	idr, p := lengths(t, mediatest.IDR), lengths(t, mediatest.P)
	r := open(t, append(file(avc(mediatest.AVCRecord), cluster(0, simple(1, 0, idr), simple(1, 40, p))),
		file(avc(short), cluster(0, simple(1, 0, idr[2:]), simple(1, 40, p[2:])))...))
	for range 2 {
		var configs [][]byte
		for range 4 {
			u, err := r.Next()
			require.NoError(t, err)
			require.Len(t, u.NALUs, 1)
			configs = append(configs, u.Config)
			r.Mark()
		}
		require.Equal(t, [][]byte{mediatest.AVCRecord, nil, short, nil}, configs)
		_, err := r.Next()
		require.Equal(t, io.EOF, err)
		require.NoError(t, r.Back())
		u, err := r.Next()
		require.NoError(t, err)
		require.Equal(t, short, u.Config)
		require.NoError(t, r.Rewind())
	}
}

// The private data of many tracks is not held, however well it is packed.
func TestPackedEntries(t *testing.T) {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, err := w.Write(make([]byte, maxEntry-1000))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	packed := entry(3, typeAudio, "A_AAC", private(z.Bytes()...), el(0x6D80, el(0x6240, num(0x5032, scopePrivate))))
	b := file(el(idTracks, vp8Entry(), bytes.Repeat(packed, 500)), cluster(0, simple(1, 0, vp8Key)))
	r := open(t, b)
	require.Contains(t, r.Info().Skipped[len(r.Info().Skipped)-1], "tracks after the first 17")
}
