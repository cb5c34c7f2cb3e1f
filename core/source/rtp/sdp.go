package rtp

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"luatrtmp/core/flv"
)

// staticTypes are the payload types that need no rtpmap, RFC 3551, 6: those that are understood here, and those that a message should name.
var staticTypes = []format{
	{payloadType: 0, encoding: "PCMU", rate: 8000, channels: 1},
	{payloadType: 8, encoding: "PCMA", rate: 8000, channels: 1},
	{payloadType: 3, encoding: "GSM"},
	{payloadType: 9, encoding: "G722"},
	{payloadType: 10, encoding: "L16"},
	{payloadType: 11, encoding: "L16"},
	{payloadType: 14, encoding: "MPA"},
	{payloadType: 26, encoding: "JPEG"},
	{payloadType: 32, encoding: "MPV"},
	{payloadType: 33, encoding: "MP2T"},
}

// ParseSDP reads a session description, RFC 8866. Of its media the first video and the first audio that can be received are taken, and the
// others named in Skipped. Neither an error nor Skipped repeats a line or the value of an attribute: cameras write passwords there.
func ParseSDP(text []byte) (*Description, error) {
	ordered, err := inOrder(text)
	if err != nil {
		return nil, err
	}
	var s sdp.SessionDescription
	if err := s.Unmarshal(ordered); err != nil {
		return nil, fmt.Errorf("%w: SDP: %s", ErrBadDescription, withoutValue(err, text))
	}
	d := &Description{}
	var firstErr error
	for i, md := range s.MediaDescriptions {
		m, err := sdpMedium(&s, md)
		if err == nil && d.medium(m.Codec.Kind()) != nil {
			d.Skipped = append(d.Skipped, fmt.Sprintf("medium %d of the SDP: %v: a second %v stream", i+1, m.Codec, m.Codec.Kind()))
			continue
		}
		if err != nil {
			err = fmt.Errorf("medium %d of the SDP: %s: %w", i+1, md.MediaName.Media, err)
			d.Skipped = append(d.Skipped, err.Error())
			if firstErr == nil {
				firstErr = err
			}
			continue
		}
		d.Media = append(d.Media, *m)
	}
	if len(d.Media) == 0 {
		if firstErr == nil {
			firstErr = fmt.Errorf("%w: the SDP has no media (no line that begins with m=)", ErrBadDescription)
		}
		return nil, firstErr
	}
	if len(d.Media) == 2 && d.Media[0].Address == d.Media[1].Address {
		return nil, fmt.Errorf("%w: video and audio both at port %d: several media on one port are not supported",
			ErrBadDescription, d.Media[0].Address.Port())
	}
	d.shareNoPort()
	return d, nil
}

// withoutValue returns the text of an error about an SDP without the value that it repeats, but with the first line that has it.
func withoutValue(err error, text []byte) string {
	what, value, found := strings.Cut(err.Error(), " `")
	value = strings.TrimPrefix(strings.TrimSuffix(value, "`"), "b=")
	if !found || value == "" {
		return what
	}
	for i, line := range strings.Split(string(text), "\n") {
		if strings.Contains(line, value) {
			return fmt.Sprintf("line %d: %s", i+1, what)
		}
	}
	return what
}

// The order of lines that RFC 8866, 5, asks for, in the session's part and in that of a medium, and the lines that must be there. People
// who write SDP by hand do not know them.
const (
	sessionOrder = "vosiuepcbtrzka"
	mediumOrder  = "micbka"
)

var requiredLines = []string{"v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=-", "t=0 0"}

// inOrder returns an SDP with its lines in the order of the specification, and without what is not SDP: the line in front of it that ffmpeg
// prints, a byte order mark, empty lines.
func inOrder(text []byte) ([]byte, error) {
	parts := [][]string{nil} // the session's, then one for each medium
	for i, line := range strings.Split(strings.TrimPrefix(string(text), "\uFEFF"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line == "SDP:" {
			continue
		}
		if strings.HasPrefix(line, "m=") {
			parts = append(parts, nil)
		}
		if order := lineOrder(len(parts) - 1); len(line) < 2 || line[1] != '=' || !strings.Contains(order, line[:1]) {
			return nil, fmt.Errorf("%w: SDP: line %d is no line of a session description", ErrBadDescription, i+1)
		}
		at := &parts[len(parts)-1]
		*at = append(*at, line)
	}
	for _, line := range requiredLines {
		if !slices.ContainsFunc(parts[0], func(l string) bool { return l[0] == line[0] }) {
			parts[0] = append(parts[0], line)
		}
	}
	var ordered []byte
	for i, lines := range parts {
		for _, letter := range []byte(lineOrder(i)) {
			for _, line := range lines {
				if line[0] == letter {
					ordered = append(append(ordered, line...), "\r\n"...)
				}
			}
		}
	}
	return ordered, nil
}

func lineOrder(part int) string {
	if part == 0 {
		return sessionOrder
	}
	return mediumOrder
}

func sdpMedium(s *sdp.SessionDescription, md *sdp.MediaDescription) (*Medium, error) {
	name := &md.MediaName
	switch proto := strings.Join(name.Protos, "/"); proto {
	case "RTP/AVP", "RTP/AVPF":
	default:
		return nil, fmt.Errorf("%w: transport %s, expected RTP/AVP", ErrUnsupported, proto)
	}
	if name.Media != "video" && name.Media != "audio" {
		return nil, fmt.Errorf("%w: media type", ErrUnsupported)
	}
	if name.Port.Value < 1 || name.Port.Value > 65535 {
		return nil, fmt.Errorf("%w: port %d in its m= line: write the port at which the packets come in", ErrBadDescription, name.Port.Value)
	}
	m := &Medium{}
	if err := m.setFormat(md); err != nil {
		return nil, err
	}
	if (m.Codec.Kind() == flv.Video) != (name.Media == "video") {
		return nil, fmt.Errorf("%w: %v", ErrBadDescription, m.Codec)
	}
	host, err := connection(s, md)
	if err != nil {
		return nil, err
	}
	m.Address = netip.AddrPortFrom(host, uint16(name.Port.Value))
	if m.RTCP, err = rtcpPort(md, name.Port.Value); err != nil {
		return nil, err
	}
	return m, m.setSources(s, md)
}

// connection returns the address of the c= line, RFC 8866, 5.7.
func connection(s *sdp.SessionDescription, md *sdp.MediaDescription) (netip.Addr, error) {
	c := md.ConnectionInformation
	if c == nil {
		c = s.ConnectionInformation
	}
	if c == nil || c.Address == nil {
		return netip.IPv4Unspecified(), nil
	}
	host, _, _ := strings.Cut(c.Address.Address, "/") // TTL and number of addresses
	return parseHost(host)
}

// rtcpPort: RFC 3605, and RFC 5761 for rtcp-mux.
func rtcpPort(md *sdp.MediaDescription, port int) (uint16, error) {
	if _, mux := md.Attribute("rtcp-mux"); mux {
		return 0, nil
	}
	rtcp := port + 1
	if value, ok := md.Attribute("rtcp"); ok {
		text, _, _ := strings.Cut(strings.TrimSpace(value), " ")
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return 0, fmt.Errorf("%w: a=rtcp: expected a port", ErrBadDescription)
		}
		rtcp = int(n)
	}
	if rtcp == port || rtcp > 65535 {
		return 0, nil
	}
	return uint16(rtcp), nil
}

// setFormat takes the first payload type that is understood.
func (m *Medium) setFormat(md *sdp.MediaDescription) error {
	var firstErr error
	for _, text := range md.MediaName.Formats {
		f, err := formatOf(md, text)
		if err == nil {
			candidate := Medium{}
			if err = f.apply(&candidate); err == nil {
				*m = candidate
				return nil
			}
		}
		if firstErr == nil {
			firstErr = err
		}
	}
	if firstErr == nil {
		firstErr = fmt.Errorf("%w: no payload type in its m= line", ErrBadDescription)
	}
	return firstErr
}

// formatOf collects what the attributes say of a payload type.
func formatOf(md *sdp.MediaDescription, text string) (*format, error) {
	pt, err := strconv.ParseUint(text, 10, 7)
	if err != nil || isRTCPType(uint8(pt)|0x80) {
		return nil, fmt.Errorf("%w: a payload type in its m= line is none: expected 0 to 127, but not 64 to 95", ErrBadDescription)
	}
	f := format{payloadType: int(pt)}
	for i := range staticTypes {
		if staticTypes[i].payloadType == f.payloadType {
			f = staticTypes[i]
		}
	}
	f.params = map[string]string{}
	for _, a := range md.Attributes {
		id, value, _ := strings.Cut(strings.TrimSpace(a.Value), " ")
		if id != text {
			continue
		}
		switch a.Key {
		case "rtpmap":
			if err := f.setMap(strings.TrimSpace(value)); err != nil {
				return nil, err
			}
		case "fmtp":
			f.setParams(value)
		}
	}
	if f.encoding == "" {
		return nil, fmt.Errorf("%w: payload type %d without a=rtpmap", ErrBadDescription, pt)
	}
	return &f, nil
}

// setMap reads "H264/90000" or "opus/48000/2".
func (f *format) setMap(value string) error {
	field := strings.Split(value, "/")
	f.encoding, f.rate, f.channels = strings.ToUpper(field[0]), 0, 0
	var err error
	if len(field) > 1 {
		f.rate, err = strconv.Atoi(field[1])
	}
	if len(field) > 2 && err == nil {
		f.channels, err = strconv.Atoi(field[2])
	}
	const maxRate, maxChannels = 1 << 30, 64
	if err != nil || len(field) < 2 || f.rate < 1 || f.rate > maxRate || f.channels < 0 || f.channels > maxChannels {
		return fmt.Errorf("%w: a=rtpmap:%d: expected NAME/RATE or NAME/RATE/CHANNELS", ErrBadDescription, f.payloadType)
	}
	if f.channels == 0 {
		f.channels = 1 // RFC 8866, 6.6; video does not look at it
	}
	return nil
}

// setParams reads "name=value; name=value".
func (f *format) setParams(text string) {
	for _, param := range strings.Split(text, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		f.params[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
	}
}

// setSources reads "incl IN IP4 239.1.1.1 10.0.0.1", RFC 4570, 3.
func (m *Medium) setSources(s *sdp.SessionDescription, md *sdp.MediaDescription) error {
	value, ok := md.Attribute("source-filter")
	if !ok {
		value, ok = s.Attribute("source-filter")
	}
	if !ok {
		return nil
	}
	field := strings.Fields(value)
	if len(field) < 5 || field[0] != "incl" {
		return fmt.Errorf("%w: a=source-filter: expected incl IN IP4 GROUP SENDER", ErrUnsupported)
	}
	if group, err := parseHost(field[3]); field[3] != "*" && (err != nil || group != m.Address.Addr()) {
		return nil // of another group
	}
	for _, text := range field[4:] {
		sender, err := netip.ParseAddr(text)
		if err != nil {
			return fmt.Errorf("%w: a=source-filter: expected an IP address", ErrBadDescription)
		}
		m.Sources = append(m.Sources, sender.Unmap())
	}
	return nil
}
