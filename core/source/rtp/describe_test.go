package rtp

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/internal/brief"
)

func addr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

var asc44Stereo = []byte{0x12, 0x10}

var urlCases = []struct {
	text string
	want []Medium // generic and latm are not compared
	err  string
}{
	{text: "rtp://127.0.0.1:5004?codec=h264", want: []Medium{{
		Address: addr("127.0.0.1:5004"), RTCP: 5005, Codec: flv.H264, PayloadType: -1, ClockRate: 90000}}},
	{text: "RTP://0.0.0.0:6000/?codec=hevc&pt=97&rtcp=0&rate=1000", want: []Medium{{
		Address: addr("0.0.0.0:6000"), Codec: flv.HEVC, PayloadType: 97, ClockRate: 1000}}},
	{text: "rtp://localhost:6000?codec=av1", want: []Medium{{Address: addr("127.0.0.1:6000"), RTCP: 6001, Codec: flv.AV1, PayloadType: -1, ClockRate: 90000}}},
	{text: "rtp://:6000?codec=vp8", want: []Medium{{Address: addr("0.0.0.0:6000"), RTCP: 6001, Codec: flv.VP8, PayloadType: -1, ClockRate: 90000}}},
	{text: "rtp://[::1]:65535?codec=vp9", want: []Medium{{Address: addr("[::1]:65535"), Codec: flv.VP9, PayloadType: -1, ClockRate: 90000}}},
	{text: "rtp://239.1.2.3:5004?codec=opus&source=10.0.0.1,10.0.0.2&rtcp=7000", want: []Medium{{
		Address: addr("239.1.2.3:5004"), RTCP: 7000, Codec: flv.Opus, PayloadType: -1, ClockRate: 48000, SampleRate: 48000, Channels: 2, Config: flv.OpusHead(2),
		Sources: []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")}}}},
	{text: "rtp://127.0.0.1:5004?codec=pcma", want: []Medium{{
		Address: addr("127.0.0.1:5004"), RTCP: 5005, Codec: flv.PCMA, PayloadType: -1, ClockRate: 8000, SampleRate: 8000, Channels: 1}}},
	{text: "rtp://127.0.0.1:5004?codec=pcmu&channels=2&pt=0", want: []Medium{{
		Address: addr("127.0.0.1:5004"), RTCP: 5005, Codec: flv.PCMU, ClockRate: 8000, SampleRate: 8000, Channels: 2}}},
	{text: "rtp://127.0.0.1:5004?codec=aac&rate=44100&channels=2", want: []Medium{{
		Address: addr("127.0.0.1:5004"), RTCP: 5005, Codec: flv.AAC, PayloadType: -1, ClockRate: 44100, SampleRate: 44100, Channels: 2, Config: asc44Stereo}}},
	{text: "rtp://127.0.0.1:5004?codec=aac&config=1210", want: []Medium{{
		Address: addr("127.0.0.1:5004"), RTCP: 5005, Codec: flv.AAC, PayloadType: -1, ClockRate: 44100, SampleRate: 44100, Channels: 2, Config: asc44Stereo}}},
	{text: "rtp://127.0.0.1:5004?codec=h264&sprop-parameter-sets=Z01AH6YRAoC/5cBEAAADAAQAAAMAyDxgyEY%3D,aOhDMsg&audio_codec=pcma", want: []Medium{
		{Address: addr("127.0.0.1:5004"), RTCP: 5005, Codec: flv.H264, PayloadType: -1, ClockRate: 90000, Sets: [][]byte{spsH264, ppsH264}},
		{Address: addr("127.0.0.1:5006"), RTCP: 5007, Codec: flv.PCMA, PayloadType: -1, ClockRate: 8000, SampleRate: 8000, Channels: 1}}},
	{text: "rtp://127.0.0.1:5004?codec=vp8&audio_codec=opus&audio_port=5005&audio_pt=111", want: []Medium{
		{Address: addr("127.0.0.1:5004"), Codec: flv.VP8, PayloadType: -1, ClockRate: 90000},
		{Address: addr("127.0.0.1:5005"), RTCP: 5006, Codec: flv.Opus, PayloadType: 111, ClockRate: 48000, SampleRate: 48000, Channels: 2, Config: flv.OpusHead(2)}}},

	{text: "rtp://127.0.0.1:5004", err: "parameter codec: expected h264, hevc"},
	{text: "rtp://127.0.0.1:5004?codec=flac", err: "parameter codec: expected h264"},
	{text: "rtp://127.0.0.1:5004?codec=h265", err: "parameter codec: expected h264, hevc"},
	{text: "rtp://127.0.0.1?codec=h264", err: "expected ADDRESS:PORT"},
	{text: "rtp://127.0.0.1:0?codec=h264", err: "expected ADDRESS:PORT"},
	{text: "rtp://127.0.0.1:70000?codec=h264", err: "expected ADDRESS:PORT"},
	{text: "rtp://camera.local:5004?codec=h264", err: "expected the IP address to listen at"},
	{text: "rtsp://127.0.0.1:5004?codec=h264", err: "expected rtp://ADDRESS:PORT"},
	{text: "rtp", err: "expected rtp://ADDRESS:PORT"},
	{text: "rtp://127.0.0.1:5004?codec=h264&loop=1", err: "unknown parameter \"loop\", expected one of channels, codec"},
	{text: "rtp://127.0.0.1:5004?codec=h264&pt=128", err: "pt: expected a number from 0 to 127"},
	{text: "rtp://127.0.0.1:5004?codec=h264&pt=72", err: "64 to 95 are those of RTCP"},
	{text: "rtp://127.0.0.1:5004?codec=h264&pt=x", err: "pt: expected"},
	{text: "rtp://127.0.0.1:5004?codec=h264&rate=-1", err: "rate: expected"},
	{text: "rtp://127.0.0.1:5004?codec=h264&rtcp=x", err: "rtcp: expected"},
	{text: "rtp://127.0.0.1:5004?codec=h264&source=x", err: "parameter source: expected"},
	{text: "rtp://127.0.0.1:5004?codec=h264&channels=%zz", err: "parameter 2: wrong percent-encoding"},
	{text: "rtp://127.0.0.1:5004?codec=h264&port=6", err: "the port stands behind the address"},
	{text: "rtp://127.0.0.1:5004?codec=h264&packetization-mode=2", err: "packetization-mode (interleaved)"},
	{text: "rtp://127.0.0.1:5004?codec=h264&sprop-parameter-sets=%25", err: "sprop-parameter-sets"},
	{text: "rtp://127.0.0.1:5004?codec=aac", err: "config is missing"},
	{text: "rtp://127.0.0.1:5004?codec=aac&config=12", err: "config"},
	{text: "rtp://127.0.0.1:5004?codec=aac&config=xy", err: "expected hexadecimal digits"},
	{text: "rtp://127.0.0.1:5004?codec=aac&config=1210&mode=CELP-cbr", err: "mode, expected AAC-hbr"},
	{text: "rtp://127.0.0.1:5004?codec=opus&rate=44100", err: "Opus has 48000"},
	{text: "rtp://127.0.0.1:5004?codec=pcma&rate=16000", err: "RTMP carries G.711 at 8000 Hz only"},
	{text: "rtp://127.0.0.1:5004?codec=pcma&audio_codec=opus", err: "expected a video and an audio codec"},
	{text: "rtp://127.0.0.1:5004?codec=h264&audio_codec=hevc", err: "expected a video and an audio codec"},
	{text: "rtp://127.0.0.1:5004?codec=h264&audio_port=5004&audio_codec=opus", err: "parameter audio_port: expected another port"},
	{text: "rtp://127.0.0.1:5004?codec=h264&audio_port=x&audio_codec=opus", err: "parameter audio_port: expected"},
	{text: "rtp://127.0.0.1:5004?codec=h264&audio_rate=8000", err: "audio: bad RTP description: parameter codec:"},
}

func requireMedia(t *testing.T, want, got []Medium) {
	t.Helper()
	for i := range got {
		got[i].generic, got[i].latm, got[i].mux = genericFormat{}, false, nil
	}
	require.Equal(t, want, got)
}

func TestParseURL(t *testing.T) {
	for _, c := range urlCases {
		t.Run(c.text, func(t *testing.T) {
			d, err := ParseURL(c.text)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			requireMedia(t, c.want, d.Media)
		})
	}
}

// ffmpegSDP is what ffmpeg 5.1 prints for H.264 and AAC.
const ffmpegSDP = `SDP:
v=0
o=- 0 0 IN IP4 127.0.0.1
s=No Name
c=IN IP4 127.0.0.1
t=0 0
a=tool:libavformat LIBAVFORMAT_VERSION
m=video 5004 RTP/AVP 96
b=AS:300
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z01AH6YRAoC/5cBEAAADAAQAAAMAyDxgyEY=,aOhDMsg=; profile-level-id=4D401F
m=audio 5006 RTP/AVP 97
b=AS:64
a=rtpmap:97 MPEG4-GENERIC/44100/2
a=fmtp:97 profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3; config=1210
`

// head is what must be in an SDP in front of media.
const head = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nt=0 0\n"

var sdpCases = []struct {
	name    string
	text    string
	want    []Medium
	skipped []string
	err     string
}{
	{name: "ffmpeg", text: ffmpegSDP, want: []Medium{
		{Address: addr("127.0.0.1:5004"), RTCP: 5005, Codec: flv.H264, PayloadType: 96, ClockRate: 90000, Sets: [][]byte{spsH264, ppsH264}},
		{Address: addr("127.0.0.1:5006"), RTCP: 5007, Codec: flv.AAC, PayloadType: 97, ClockRate: 44100, SampleRate: 44100, Channels: 2, Config: asc44Stereo}}},
	{name: "HEVC, ports side by side", text: head + "c=IN IP6 ::1\nm=video 5004 RTP/AVPF 98\na=rtpmap:98 H265/90000\n" +
		"a=fmtp:98 sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwAelZAJ; sprop-pps=RAHBcrRiQA==\nm=audio 5005 RTP/AVP 8\n", want: []Medium{
		{Address: addr("[::1]:5004"), Codec: flv.HEVC, PayloadType: 98, ClockRate: 90000, Sets: [][]byte{vpsHEVC, ppsHEVC}},
		{Address: addr("[::1]:5005"), RTCP: 5006, Codec: flv.PCMA, PayloadType: 8, ClockRate: 8000, SampleRate: 8000, Channels: 1}}},
	{name: "multicast with a source", text: head + "c=IN IP4 239.1.1.1/127\na=source-filter: incl IN IP4 239.1.1.1 10.0.0.1 10.0.0.2\nm=video 5004 RTP/AVP 96\na=rtpmap:96 VP8/90000\na=rtcp:6000\n", want: []Medium{
		{Address: addr("239.1.1.1:5004"), RTCP: 6000, Codec: flv.VP8, PayloadType: 96, ClockRate: 90000,
			Sources: []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")}}}},
	{name: "the medium's own address, rtcp-mux", text: head + "c=IN IP4 1.2.3.4\nm=audio 5004 RTP/AVP 111\nc=IN IP4 0.0.0.0\na=rtpmap:111 opus/48000/2\na=rtcp-mux\na=rtcp:5004\n", want: []Medium{
		{Address: addr("0.0.0.0:5004"), Codec: flv.Opus, PayloadType: 111, ClockRate: 48000, SampleRate: 48000, Channels: 2, Config: flv.OpusHead(2)}}},
	{name: "the first payload type that is understood", text: head + "m=video 5004 RTP/AVP 100 96\na=rtpmap:100 H266/90000\na=rtpmap:96 AV1/90000\n", want: []Medium{
		{Address: addr("0.0.0.0:5004"), RTCP: 5005, Codec: flv.AV1, PayloadType: 96, ClockRate: 90000}}},
	{name: "AAC without config", text: head + "m=audio 5004 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/44100/2\na=fmtp:97 mode=AAC-hbr;sizeLength=13;indexLength=3;indexDeltaLength=3\n", want: []Medium{
		{Address: addr("0.0.0.0:5004"), RTCP: 5005, Codec: flv.AAC, PayloadType: 97, ClockRate: 44100, SampleRate: 44100, Channels: 2, Config: asc44Stereo}}},
	{name: "LATM", text: head + "m=audio 5004 RTP/AVP 97\na=rtpmap:97 MP4A-LATM/44100/2\na=fmtp:97 cpresent=0;config=400024203fc0\n", want: []Medium{
		{Address: addr("0.0.0.0:5004"), RTCP: 5005, Codec: flv.AAC, PayloadType: 97, ClockRate: 44100, SampleRate: 44100, Channels: 2, Config: asc44Stereo}}},
	{name: "LATM with its configuration in the stream", text: head + "m=audio 5004 RTP/AVP 97\na=rtpmap:97 MP4A-LATM/44100/2\n", want: []Medium{
		{Address: addr("0.0.0.0:5004"), RTCP: 5005, Codec: flv.AAC, PayloadType: 97, ClockRate: 44100, SampleRate: 44100, Channels: 2}}},
	{name: "written by hand", text: "\uFEFFm=video 5004 RTP/AVP 96\na=rtpmap:96 VP9/90000\n\nc=IN IP4 127.0.0.1\n", want: []Medium{
		{Address: addr("127.0.0.1:5004"), RTCP: 5005, Codec: flv.VP9, PayloadType: 96, ClockRate: 90000}}},
	{name: "lines that nobody needs", text: "HTTP/1.0 200 OK\r\nv=one\r\no=a b c d e f g\r\ns=\r\nb=AS:2048.5\r\nt=0 -1\r\nr=7d\r\nz=x\r\nX-Header: 1\r\n" +
		"m=video 5004/2 RTP/AVP 96\r\nb=AS:\r\nk=?\r\nx=y\r\na=rtpmap:96 VP9/90000\r\nm=x/y 0 z\r\n", want: []Medium{
		{Address: addr("0.0.0.0:5004"), RTCP: 5005, Codec: flv.VP9, PayloadType: 96, ClockRate: 90000}},
		skipped: []string{"medium 2 of the SDP (line 15): unknown media type: not supported: the transport in its m= line, expected RTP/AVP"}},
	{name: "CR line ends", text: strings.ReplaceAll(strings.TrimPrefix(ffmpegSDP, "SDP:\n"), "\n", "\r"), want: []Medium{
		{Address: addr("127.0.0.1:5004"), RTCP: 5005, Codec: flv.H264, PayloadType: 96, ClockRate: 90000, Sets: [][]byte{spsH264, ppsH264}},
		{Address: addr("127.0.0.1:5006"), RTCP: 5007, Codec: flv.AAC, PayloadType: 97, ClockRate: 44100, SampleRate: 44100, Channels: 2, Config: asc44Stereo}}},
	{name: "c= lines without an address", text: head + "c=IN \nm=video 5004 RTP/AVP 96\nc=\na=rtpmap:96 VP9/90000\n", want: []Medium{
		{Address: addr("0.0.0.0:5004"), RTCP: 5005, Codec: flv.VP9, PayloadType: 96, ClockRate: 90000}}},
	{name: "a zero byte at the end", text: head + "m=video 5004 RTP/AVP 96\na=rtpmap:96 VP9/90000\n\x00", want: []Medium{
		{Address: addr("0.0.0.0:5004"), RTCP: 5005, Codec: flv.VP9, PayloadType: 96, ClockRate: 90000}}},
	{name: "audio that cannot be read", text: head + "m=video 5004 RTP/AVP 96\na=rtpmap:96 VP9/90000\nm=audio 5006 RTP/AVP 97\na=rtpmap:97 MPEG4-GENERIC/44100/2\na=fmtp:97 mode=AAC-hbr;config=(null)\n",
		want:    []Medium{{Address: addr("0.0.0.0:5004"), RTCP: 5005, Codec: flv.VP9, PayloadType: 96, ClockRate: 90000}},
		skipped: []string{"medium 2 of the SDP (line 7): audio: MPEG4-GENERIC: bad RTP description: config: expected hexadecimal digits"}},

	{name: "what is left out", text: head + "m=video 5004 RTP/AVP 96\na=rtpmap:96 VP9/90000\nm=video 5008 RTP/AVP 96\na=rtpmap:96 VP9/90000\nm=application 5010 RTP/AVP 99\na=rtpmap:99 x/90000\nm=audio 5012 RTP/AVP 9\n",
		want:    []Medium{{Address: addr("0.0.0.0:5004"), RTCP: 5005, Codec: flv.VP9, PayloadType: 96, ClockRate: 90000}},
		skipped: []string{"medium 2 of the SDP (line 7): vp9: a second video stream", "medium 3 of the SDP (line 9): application: not supported: media type", "medium 4 of the SDP (line 11): audio: not supported: payload format G722"}},

	{name: "MP3 without rtpmap, as ffmpeg writes it", text: head + "m=audio 5004 RTP/AVP 14\n",
		want: []Medium{{Address: addr("0.0.0.0:5004"), RTCP: 5005, Codec: flv.MP3, PayloadType: 14, ClockRate: 90000}}},
	{name: "AC-3", text: head + "m=audio 5004 RTP/AVP 97\na=rtpmap:97 AC3/44100/2\n",
		want: []Medium{{Address: addr("0.0.0.0:5004"), RTCP: 5005, Codec: flv.AC3, PayloadType: 97, ClockRate: 44100, SampleRate: 44100}}},
	{name: "AC-3 of another rate", text: head + "m=audio 5004 RTP/AVP 97\na=rtpmap:97 AC3/8000\n", err: "clock rate 8000, AC-3 has"},
	{name: "MPA of another rate", text: head + "m=audio 5004 RTP/AVP 97\na=rtpmap:97 MPA/44100\n", err: "clock rate 44100, MPA has 90000"},

	{name: "empty", text: "", err: "the SDP has no media"},
	{name: "no SDP", text: "v=0\nGET / HTTP/1.0", err: "no media (no line that begins with m=); line 2 is no line"},
	{name: "a value of a line that is not needed", text: head + "m=video 5004 RTP/AVP 96\nb=x:y:z\n", err: "medium 1 of the SDP (line 5): video: "},
	{name: "no media", text: head, err: "the SDP has no media"},
	{name: "encrypted", text: head + "m=video 5004 RTP/SAVP 96\n", err: "transport RTP/SAVP"},
	{name: "another transport", text: head + "m=video 5004 SECRET 96\n", err: "the transport in its m= line"},
	{name: "port that is none", text: head + "m=video x RTP/AVP 96\n", err: "port that is no number in its m= line"},
	{name: "port below 0", text: head + "m=video -1 RTP/AVP 96\n", err: "port -1 in its m= line"},
	{name: "m= line that is cut off", text: head + "m=video\n", err: "the transport in its m= line"},
	{name: "over TCP", text: head + "m=video 5004 TCP/RTP/AVP 96\n", err: "transport TCP/RTP/AVP"},
	{name: "port 0", text: head + "m=video 0 RTP/AVP 96\na=rtpmap:96 VP9/90000\n", err: "port 0 in its m= line"},
	{name: "MPEG-TS", text: head + "m=video 5004 RTP/AVP 33\n", err: "not supported: payload format MP2T"},
	{name: "no rtpmap", text: head + "m=video 5004 RTP/AVP 96\n", err: "payload type 96 without a=rtpmap"},
	{name: "payload type of RTCP", text: head + "m=video 5004 RTP/AVP 72\na=rtpmap:72 VP9/90000\n", err: "a payload type in its m= line is none"},
	{name: "bad rtpmap", text: head + "m=video 5004 RTP/AVP 96\na=rtpmap:96 VP9\n", err: "line 6: bad RTP description: a=rtpmap:96: expected NAME/RATE"},
	{name: "interleaved H.264", text: head + "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=2\n", err: "H264: not supported: packetization-mode"},
	{name: "interleaved HEVC", text: head + "m=video 5004 RTP/AVP 96\na=rtpmap:96 H265/90000\na=fmtp:96 sprop-max-don-diff=3\n", err: "sprop-max-don-diff above 0"},
	{name: "interleaved AAC", text: head + "m=audio 5004 RTP/AVP 96\na=rtpmap:96 MPEG4-GENERIC/44100/2\na=fmtp:96 mode=AAC-hbr;maxDisplacement=5\n", err: "maxDisplacement above 0"},
	{name: "AAC of another kind", text: head + "m=audio 5004 RTP/AVP 96\na=rtpmap:96 MPEG4-GENERIC/44100/2\na=fmtp:96 streamtype=4;mode=AAC-hbr\n", err: "streamtype, expected 5"},
	{name: "AAC without sizes", text: head + "m=audio 5004 RTP/AVP 96\na=rtpmap:96 MPEG4-GENERIC/44100/2\n", err: "AAC-hbr has sizelength=13"},
	{name: "AAC with absurd sizes", text: head + "m=audio 5004 RTP/AVP 96\na=rtpmap:96 MPEG4-GENERIC/44100/2\na=fmtp:96 mode=AAC-hbr;sizelength=99\n", err: "sizelength: expected"},
	{name: "LATM without config", text: head + "m=audio 5004 RTP/AVP 97\na=rtpmap:97 MP4A-LATM/44100/2\na=fmtp:97 cpresent=0\n", err: "cpresent=0 without config"},
	{name: "many channels", text: head + "m=audio 5004 RTP/AVP 97\na=rtpmap:97 opus/48000/6\n", err: "6 channels"},
	{name: "video codec as audio", text: head + "m=audio 5004 RTP/AVP 97\na=rtpmap:97 H264/90000\n", err: "h264"},
	{name: "one port for both", text: head + "m=video 5004 RTP/AVP 96\na=rtpmap:96 VP9/90000\nm=audio 5004 RTP/AVP 8\n", err: "both at port 5004"},
	{name: "name instead of an address", text: head + "c=IN IP4 camera.local\nm=audio 5004 RTP/AVP 8\n", err: "line 5 (c=): bad RTP description: expected the IP address"},
	{name: "bad rtcp", text: head + "m=audio 5004 RTP/AVP 8\na=rtcp:x\n", err: "line 6: a=rtcp: expected a port"},
	{name: "excluded sources", text: head + "c=IN IP4 239.1.1.1\nm=audio 5004 RTP/AVP 8\na=source-filter: excl IN IP4 239.1.1.1 10.0.0.1\n", err: "source-filter"},
	{name: "bad source", text: head + "c=IN IP4 239.1.1.1\nm=audio 5004 RTP/AVP 8\na=source-filter: incl IN IP4 239.1.1.1 x\n", err: "line 7: a=source-filter: expected an IP address"},
}

func TestParseSDP(t *testing.T) {
	for _, c := range sdpCases {
		t.Run(c.name, func(t *testing.T) {
			d, err := ParseSDP([]byte(c.text))
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			requireMedia(t, c.want, d.Media)
			require.Equal(t, c.skipped, d.Skipped)
			_, err = New(d, Sink{})
			require.NoError(t, err)
		})
	}
}

func TestBrokenParameterSets(t *testing.T) {
	d, err := ParseURL("rtp://127.0.0.1:5004?codec=h264&sprop-parameter-sets=Z00=")
	require.NoError(t, err)
	_, err = New(d, Sink{})
	require.ErrorIs(t, err, ErrBadDescription)
}

// Parameter sets of an SDP that cannot be read are left out, with one warning: those in the stream do as well.
func TestUnreadableParameterSets(t *testing.T) {
	h264 := func(sets string) string {
		return head + "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=1;sprop-parameter-sets=" + sets + "\n"
	}
	const sps, pps = "Z01AH6YRAoC/5cBEAAADAAQAAAMAyDxgyEY=", "aOhDMsg="
	for _, c := range []struct {
		name    string
		text    string
		sets    [][]byte
		warning string
	}{
		{"good ones", h264(sps + "," + pps), [][]byte{spsH264, ppsH264}, ""},
		{"none", h264(""), nil, ""},
		{"a null pointer", h264("(null)"), nil, "h264: sprop-parameter-sets of the SDP"},
		{"not base64", h264("%%,!!"), nil, "h264: sprop-parameter-sets of the SDP"},
		{"an SPS that is cut off", h264("Z00=," + pps), [][]byte{ppsH264}, "h264: sprop-parameter-sets of the SDP"},
		{"HEVC", head + "m=video 5004 RTP/AVP 96\na=rtpmap:96 H265/90000\na=fmtp:96 sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwAelZAJ; sprop-sps=QgEB; sprop-pps=RAHBcrRiQA==\n",
			[][]byte{vpsHEVC, ppsHEVC}, "hevc: sprop-sps of the SDP"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := ParseSDP([]byte(c.text))
			require.NoError(t, err)
			require.Equal(t, c.sets, d.Media[0].Sets)
			require.Empty(t, d.Skipped)
			r := rigOf(t, d)
			r.Pause()
			r.Play(r.now)
			if c.warning == "" {
				require.Empty(t, r.warnings)
			} else {
				require.Len(t, r.warnings, 1)
				require.Contains(t, r.warnings[0], c.warning)
			}
			if d.Video().Codec == flv.H264 {
				r.sendPicture(0, pictureH264(0, true, 2), markLast)
				r.wait(silentTime)
				require.Equal(t, "K0", r.words())
				require.NotNil(t, r.units[0].Config)
			}
		})
	}
}

// What is not received is named, within bounds, however many media a description has and however long their names are.
func TestSDPNamesAreBounded(t *testing.T) {
	text := "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
	for range 1000 {
		text += "m=video 5006 RTP/AVP 97\na=rtpmap:97 " + strings.Repeat("X", 1000) + "/90000\n"
	}
	d, err := ParseSDP([]byte(text))
	require.NoError(t, err)
	require.Len(t, d.Skipped, brief.Names+1)
	require.Equal(t, "960 more", d.Skipped[brief.Names])
	for _, name := range d.Skipped {
		require.Less(t, len(name), 2*brief.Max+10)
	}
	_, err = ParseSDP([]byte(text[strings.Index(text, "m=video 5006"):]))
	require.ErrorIs(t, err, ErrUnsupported)
	require.Less(t, len(err.Error()), 2*brief.Max)
}
