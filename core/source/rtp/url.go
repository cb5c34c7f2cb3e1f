package rtp

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"luatrtmp/core/flv"
	"luatrtmp/internal/brief"
)

// Scheme is what URLs begin with that ParseURL reads.
const Scheme = "rtp://"

// formatParams are the parameters of a URL that go to the payload format, as those of an SDP's fmtp.
var formatParams = []string{
	"packetization-mode", "sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps",
	"config", "mode", "sizelength", "indexlength", "indexdeltalength", "constantsize", "constantduration",
}

// ownParams are all others; with audio_ in front they are those of a second medium.
var ownParams = []string{"codec", "pt", "rate", "channels", "port", "rtcp", "source"}

// ParseURL reads a URL such as "rtp://127.0.0.1:5004?codec=h264". The host is the address to listen at: an IP address of this machine,
// 0.0.0.0 or [::] for all of them, "localhost", or a multicast group. The parameters:
//
//	codec     h264, hevc, av1, vp8, vp9, aac, mp3, ac3, opus, pcma or pcmu. Must be given
//	pt        the payload type of the packets to take, 0 to 127; else that of the first packet
//	rate      the clock rate in Hz; else that of the codec: 90000 for video and MP3, 48000 for Opus, 8000 for G.711, the sample rate for AAC and AC-3
//	channels  of audio
//	rtcp      the port of RTCP; else the next one after that of RTP. 0: none
//	source    the only sender whose packets are taken, an IP address; several with commas
//
// and those that an SDP's fmtp has, under the same names. With audio_ in front, as in audio_codec and audio_config, they describe an audio
// stream beside the video; it comes in at audio_port, which is two after the port of the URL if it is not given.
//
// Errors repeat no value of a parameter, nor what is no address: people write passwords and tokens there.
func ParseURL(text string) (*Description, error) {
	d, err := parseURL(text)
	if err != nil {
		return nil, fmt.Errorf("%s...: %w", Scheme, err)
	}
	return d, nil
}

func parseURL(text string) (*Description, error) {
	if len(text) < len(Scheme) || !strings.EqualFold(text[:len(Scheme)], Scheme) {
		return nil, fmt.Errorf("%w: expected %sADDRESS:PORT?codec=...", ErrBadDescription, Scheme)
	}
	host, query, _ := strings.Cut(text[len(Scheme):], "?")
	address, err := parseAddress(strings.TrimSuffix(host, "/"))
	if err != nil {
		return nil, err
	}
	first, second, err := splitParams(query)
	if err != nil {
		return nil, err
	}
	if first["port"] != "" {
		return nil, fmt.Errorf("%w: parameter port: the port stands behind the address", ErrBadDescription)
	}
	m, err := urlMedium(address, first)
	if err != nil {
		return nil, err
	}
	d := &Description{Media: []Medium{m}}
	if len(second) == 0 {
		return d, nil
	}
	port := int(address.Port()) + 2
	if second["port"] != "" {
		if port, err = strconv.Atoi(second["port"]); err != nil {
			port = 0
		}
	}
	if port < 1 || port > 65535 || port == int(address.Port()) {
		return nil, fmt.Errorf("%w: parameter audio_port: expected another port than that of the URL, 1 to 65535", ErrBadDescription)
	}
	if m, err = urlMedium(netip.AddrPortFrom(address.Addr(), uint16(port)), second); err != nil {
		return nil, fmt.Errorf("audio: %w", err)
	}
	d.Media = append(d.Media, m)
	if d.Media[0].Codec.Kind() != flv.Video || m.Codec.Kind() != flv.Audio {
		return nil, fmt.Errorf("%w: codec=%v with audio_codec=%v: expected a video and an audio codec", ErrBadDescription, d.Media[0].Codec, m.Codec)
	}
	d.shareNoPort()
	return d, nil
}

// splitParams returns the parameters of the first medium, and those of the second without the audio_ in front.
func splitParams(query string) (first, second map[string]string, err error) {
	first, second = map[string]string{}, map[string]string{}
	for i, param := range strings.Split(query, "&") {
		name, escaped, _ := strings.Cut(param, "=")
		if name == "" {
			continue
		}
		value, err := url.PathUnescape(escaped) // a '+' is one: base64 has it
		if err != nil {
			return nil, nil, fmt.Errorf("%w: parameter %d: wrong percent-encoding", ErrBadDescription, i+1)
		}
		to, short := first, name
		if rest, ok := strings.CutPrefix(name, "audio_"); ok {
			to, short = second, rest
		}
		if !slices.Contains(ownParams, short) && !slices.Contains(formatParams, short) {
			known := slices.Concat(ownParams, formatParams)
			slices.SortFunc(known, strings.Compare)
			if strings.Trim(escaped, "=") == "" { // it may be a token alone, and base64 ends in '='
				return nil, nil, fmt.Errorf("%w: parameter %d has no name or no value; expected one of %s", ErrBadDescription, i+1, strings.Join(known, ", "))
			}
			return nil, nil, fmt.Errorf("%w: unknown parameter %q, expected one of %s", ErrBadDescription, brief.Text(name), strings.Join(known, ", "))
		}
		to[short] = value
	}
	return first, second, nil
}

func urlMedium(address netip.AddrPort, params map[string]string) (m Medium, err error) {
	m.Address = address
	codec, ok := flv.ParseCodec(params["codec"])
	name := encodingOf(codec)
	if !ok || name == "" {
		return m, fmt.Errorf("%w: parameter codec: expected h264, hevc, av1, vp8, vp9, aac, mp3, ac3, opus, pcma or pcmu", ErrBadDescription)
	}
	f := format{payloadType: -1, encoding: name, params: maps.Clone(params)}
	if codec == flv.AAC && params["mode"] == "" && params["sizelength"] == "" && params["constantsize"] == "" {
		f.params["mode"] = "AAC-hbr"
	}
	if params["pt"] != "" {
		if f.payloadType, err = f.intParam("pt", 127); err != nil {
			return m, err
		}
		if isRTCPType(uint8(f.payloadType) | 0x80) {
			return m, fmt.Errorf("%w: pt=%d: 64 to 95 are those of RTCP", ErrBadDescription, f.payloadType)
		}
	}
	if f.rate, err = f.intParam("rate", 1<<30); err != nil {
		return m, err
	}
	if f.channels, err = f.intParam("channels", 8); err != nil {
		return m, err
	}
	rtcp := int(address.Port()) + 1
	if params["rtcp"] != "" {
		if rtcp, err = f.intParam("rtcp", 65535); err != nil {
			return m, err
		}
	}
	if rtcp <= 65535 && rtcp != int(address.Port()) {
		m.RTCP = uint16(rtcp)
	}
	for _, text := range strings.Split(params["source"], ",") {
		if text == "" {
			continue
		}
		sender, err := netip.ParseAddr(text)
		if err != nil {
			return m, fmt.Errorf("%w: parameter source: expected an IP address", ErrBadDescription)
		}
		m.Sources = append(m.Sources, sender)
	}
	return m, f.apply(&m)
}

// encodingOf returns the name of a codec's payload format.
func encodingOf(codec flv.Codec) string {
	for i := range encodings {
		if encodings[i].codec == codec {
			return encodings[i].name
		}
	}
	return ""
}

// parseAddress reads "127.0.0.1:5004", "[::1]:5004", "localhost:5004" or ":5004". Names are not looked up: that would take time.
func parseAddress(text string) (netip.AddrPort, error) {
	host, port := text, ""
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		host, port = text[:i], text[i+1:]
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return netip.AddrPort{}, fmt.Errorf("%w: expected ADDRESS:PORT, such as 0.0.0.0:5004", ErrBadDescription)
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	addr, err := parseHost(host)
	return netip.AddrPortFrom(addr, uint16(n)), err
}

func parseHost(host string) (netip.Addr, error) {
	switch strings.ToLower(host) {
	case "":
		return netip.IPv4Unspecified(), nil
	case "localhost":
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return addr, fmt.Errorf("%w: expected the IP address to listen at, such as 0.0.0.0 for all of this machine, and not a name", ErrBadDescription)
	}
	return addr.Unmap(), nil
}

// shareNoPort leaves out RTCP ports at which RTP comes in.
func (d *Description) shareNoPort() {
	for i := range d.Media {
		for j := range d.Media {
			if d.Media[i].RTCP == d.Media[j].Address.Port() {
				d.Media[i].RTCP = 0
			}
		}
	}
}
