package rtp

import (
	"bytes"
	"testing"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"
)

func TestSenderReports(t *testing.T) {
	marshal := func(p ...rtcp.Packet) []byte {
		b, err := rtcp.Marshal(p)
		require.NoError(t, err)
		return b
	}
	sr := rtcp.SenderReport{SSRC: 7, NTPTime: 1 << 40, RTPTime: 9000, PacketCount: 3, OctetCount: 4}
	blocks := sr
	blocks.Reports = []rtcp.ReceptionReport{{SSRC: 1}}
	names := rtcp.NewCNAMESourceDescription(7, "a")
	plain := marshal(&sr)
	for _, c := range []struct {
		name     string
		datagram []byte
		reports  []uint32 // their SSRC
	}{
		{"nothing", nil, nil},
		{"one", plain, []uint32{7}},
		{"with a block and names", marshal(&blocks, names), []uint32{7}},
		{"behind others", marshal(&rtcp.ReceiverReport{SSRC: 1}, names, &sr, &rtcp.Goodbye{Sources: []uint32{7}}), []uint32{7}},
		{"two", marshal(&sr, &sr), []uint32{7, 7}},
		{"none", marshal(names), nil},
		{"cut", plain[:len(plain)-1], nil},
		{"more words than there are", append([]byte{0x80, 200, 0, 7}, plain[4:]...), nil},
		{"fewer words than a report has", append([]byte{0x80, 200, 0, 5}, plain[4:24]...), nil},
		{"fewer blocks than it says", append([]byte{0x81}, plain[1:]...), nil},
		{"garbage behind", append(bytes.Clone(plain), 1, 2, 3), nil},
		{"another version", append([]byte{0x40}, plain[1:]...), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []uint32
			for _, r := range senderReports(c.datagram) {
				require.Equal(t, sr.NTPTime, r.NTPTime)
				require.Equal(t, sr.RTPTime, r.RTPTime)
				got = append(got, r.SSRC)
			}
			require.Equal(t, c.reports, got)
		})
	}
}
