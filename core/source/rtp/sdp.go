package rtp

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"luatrtmp/core/flv"
	"luatrtmp/internal/brief"
)

// staticTypes are the payload types that need no rtpmap, RFC 3551, 6: those that are understood here, and those that a message should name.
var staticTypes = []format{
	{payloadType: 0, encoding: "PCMU", rate: 8000, channels: 1},
	{payloadType: 8, encoding: "PCMA", rate: 8000, channels: 1},
	{payloadType: 3, encoding: "GSM"},
	{payloadType: 9, encoding: "G722"},
	{payloadType: 10, encoding: "L16"},
	{payloadType: 11, encoding: "L16"},
	{payloadType: 14, encoding: "MPA", rate: 90000},
	{payloadType: 26, encoding: "JPEG"},
	{payloadType: 32, encoding: "MPV"},
	{payloadType: 33, encoding: "MP2T"},
}

// ParseSDP reads a session description, RFC 8866. Of its media the first video and the first audio that can be
// received are taken, and the others named in Skipped. Only the lines m=, c= and a= are looked at, with any line
// end and in any order within their part: what cameras write into the others is often wrong, and not needed.
//
// Neither an error nor Skipped repeats a line or the value of an attribute: cameras write passwords there. They
// say where it stands: the number of the line and its letter.
func ParseSDP(text []byte) (*Description, error) {
	session, media, stray := splitSDP(text)
	d := &Description{}
	var firstErr error
	for i := range media {
		sm := &media[i]
		m, err := sm.medium(&session)
		place := fmt.Sprintf("medium %d of the SDP (line %d): ", i+1, sm.line)
		if err == nil && d.medium(m.Codec.Kind()) != nil {
			d.Skipped = append(d.Skipped, fmt.Sprintf("%s%v: a second %v stream", place, m.Codec, m.Codec.Kind()))
			continue
		}
		if err != nil {
			err = fmt.Errorf("%s%s: %w", place, sm.kind(), err)
			d.Skipped = append(d.Skipped, err.Error())
			if firstErr == nil {
				firstErr = err
			}
			continue
		}
		d.Media = append(d.Media, *m)
	}
	d.Skipped = brief.List(d.Skipped)
	if len(d.Media) == 0 {
		if firstErr == nil {
			firstErr = fmt.Errorf("%w: the SDP has no media (no line that begins with m=)", ErrBadDescription)
			if stray > 0 {
				firstErr = fmt.Errorf("%w; line %d is no line of a session description", firstErr, stray)
			}
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

// sdpPart is what is needed of the lines of the session, or of one medium.
type sdpPart struct {
	line       int      // the number of the m= line; 0 for the session
	name       []string // the fields of the m= line: media type, port, transport, payload types
	connection sdpLine  // the c= line; its value is empty if there is none
	attributes []sdpAttribute
}

type sdpLine struct {
	line  int // its number, from 1
	value string
}

type sdpAttribute struct {
	sdpLine
	key string
}

// splitSDP takes the m=, c= and a= lines out of an SDP. stray is the number of the first line that is none of a
// session description, 0 if there is none.
func splitSDP(text []byte) (session sdpPart, media []sdpPart, stray int) {
	ends := strings.NewReplacer("\r\n", "\n", "\r", "\n")
	at := &session
	for i, line := range strings.Split(ends.Replace(strings.TrimPrefix(string(text), "\uFEFF")), "\n") {
		line = strings.Trim(line, " \t\x00")
		letter, value, found := strings.Cut(line, "=")
		value = strings.TrimSpace(value)
		if line == "" || line == "SDP:" { // ffmpeg prints this one in front
			continue
		}
		if (!found || len(letter) != 1) && stray == 0 {
			stray = i + 1
		}
		switch letter {
		case "m":
			media = append(media, sdpPart{line: i + 1, name: strings.Fields(value)})
			at = &media[len(media)-1]
		case "c":
			if at.connection.value == "" {
				at.connection = sdpLine{line: i + 1, value: value}
			}
		case "a":
			key, value, _ := strings.Cut(value, ":")
			at.attributes = append(at.attributes, sdpAttribute{sdpLine{i + 1, strings.TrimSpace(value)}, strings.TrimSpace(key)})
		}
	}
	return session, media, stray
}

// attribute returns the first attribute with this key.
func (p *sdpPart) attribute(key string) (sdpLine, bool) {
	for _, a := range p.attributes {
		if a.key == key {
			return a.sdpLine, true
		}
	}
	return sdpLine{}, false
}

// field returns a field of the m= line, empty if it is not there.
func (p *sdpPart) field(i int) string {
	if i >= len(p.name) {
		return ""
	}
	return p.name[i]
}

// mediaTypes and transports may be repeated in a message: those that are registered.
var (
	mediaTypes = []string{"video", "audio", "text", "application", "message", "image"}
	transports = []string{
		"RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF", "TCP/RTP/AVP", "RTP/AVP/TCP",
		"udp", "UDP", "TCP", "MP2T/H2221/UDP",
	}
)

// kind returns the media type of the m= line, in words for a message.
func (p *sdpPart) kind() string {
	if slices.Contains(mediaTypes, p.field(0)) {
		return p.field(0)
	}
	return "unknown media type"
}

// medium reads the lines of one medium.
func (p *sdpPart) medium(session *sdpPart) (*Medium, error) {
	switch proto := p.field(2); {
	case proto == "RTP/AVP", proto == "RTP/AVPF":
	case slices.Contains(transports, proto):
		return nil, fmt.Errorf("%w: transport %s, expected RTP/AVP", ErrUnsupported, proto)
	default:
		return nil, fmt.Errorf("%w: the transport in its m= line, expected RTP/AVP", ErrUnsupported)
	}
	if p.field(0) != "video" && p.field(0) != "audio" {
		return nil, fmt.Errorf("%w: media type", ErrUnsupported)
	}
	text, _, _ := strings.Cut(p.field(1), "/") // number of ports
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return nil, fmt.Errorf("%w: port %s in its m= line: write the port at which the packets come in", ErrBadDescription, shownPort(text))
	}
	m := &Medium{}
	if err := m.setFormat(p); err != nil {
		return nil, err
	}
	if (m.Codec.Kind() == flv.Video) != (p.field(0) == "video") {
		return nil, fmt.Errorf("%w: %v", ErrBadDescription, m.Codec)
	}
	host, err := connectionOf(p, session)
	if err != nil {
		return nil, err
	}
	m.Address = netip.AddrPortFrom(host, uint16(port))
	if m.RTCP, err = rtcpPort(p, int(port)); err != nil {
		return nil, err
	}
	return m, m.setSources(p, session)
}

// shownPort returns a port for a message, if it is a number.
func shownPort(text string) string {
	if n, err := strconv.ParseInt(text, 10, 32); err == nil {
		return strconv.FormatInt(n, 10)
	}
	return "that is no number"
}

// connectionOf returns the address of the c= line, RFC 8866, 5.7: that of the medium, or that of the session.
func connectionOf(p, session *sdpPart) (netip.Addr, error) {
	for _, c := range []sdpLine{p.connection, session.connection} {
		if field := strings.Fields(c.value); len(field) >= 3 {
			host, _, _ := strings.Cut(field[2], "/") // TTL and number of addresses
			address, err := parseHost(host)
			if err != nil {
				err = fmt.Errorf("line %d (c=): %w", c.line, err)
			}
			return address, err
		}
	}
	return netip.IPv4Unspecified(), nil
}

// rtcpPort: RFC 3605, and RFC 5761 for rtcp-mux.
func rtcpPort(p *sdpPart, port int) (uint16, error) {
	if _, mux := p.attribute("rtcp-mux"); mux {
		return 0, nil
	}
	rtcp := port + 1
	if a, ok := p.attribute("rtcp"); ok {
		text, _, _ := strings.Cut(a.value, " ")
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return 0, fmt.Errorf("%w: line %d: a=rtcp: expected a port", ErrBadDescription, a.line)
		}
		rtcp = int(n)
	}
	if rtcp == port || rtcp > 65535 {
		return 0, nil
	}
	return uint16(rtcp), nil
}

// setFormat takes the first payload type that is understood.
func (m *Medium) setFormat(p *sdpPart) error {
	var firstErr error
	for _, text := range p.name[min(3, len(p.name)):] {
		f, err := formatOf(p, text)
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
func formatOf(p *sdpPart, text string) (*format, error) {
	pt, err := strconv.ParseUint(text, 10, 7)
	if err != nil || isRTCPType(uint8(pt)|0x80) {
		return nil, fmt.Errorf("%w: a payload type in its m= line is none: expected 0 to 127, but not 64 to 95", ErrBadDescription)
	}
	f := format{payloadType: int(pt), lenient: true}
	for i := range staticTypes {
		if staticTypes[i].payloadType == f.payloadType {
			f = staticTypes[i]
			f.lenient = true
		}
	}
	f.params = map[string]string{}
	for _, a := range p.attributes {
		id, value, _ := strings.Cut(a.value, " ")
		if id != text {
			continue
		}
		switch a.key {
		case "rtpmap":
			if err := f.setMap(strings.TrimSpace(value)); err != nil {
				return nil, fmt.Errorf("line %d: %w", a.line, err)
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
func (m *Medium) setSources(p, session *sdpPart) error {
	a, ok := p.attribute("source-filter")
	if !ok {
		a, ok = session.attribute("source-filter")
	}
	if !ok {
		return nil
	}
	field := strings.Fields(a.value)
	if len(field) < 5 || field[0] != "incl" {
		return fmt.Errorf("%w: line %d: a=source-filter: expected incl IN IP4 GROUP SENDER", ErrUnsupported, a.line)
	}
	if group, err := parseHost(field[3]); field[3] != "*" && (err != nil || group != m.Address.Addr()) {
		return nil // of another group
	}
	for _, text := range field[4:] {
		sender, err := netip.ParseAddr(text)
		if err != nil {
			return fmt.Errorf("%w: line %d: a=source-filter: expected an IP address", ErrBadDescription, a.line)
		}
		m.Sources = append(m.Sources, sender.Unmap())
	}
	return nil
}
