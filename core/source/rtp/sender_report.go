package rtp

import "github.com/pion/rtcp"

// senderReports returns the sender reports of an RTCP datagram, RFC 3550, 6.1 and 6.4.1: none if its packets do not fill it exactly. Only the types
// that are needed are taken from the library: what it does with all of them formats them by the names of methods, and a program in which something
// does that keeps every method of every type that is in it, a megabyte of them.
func senderReports(datagram []byte) []rtcp.SenderReport {
	var reports []rtcp.SenderReport
	for len(datagram) > 0 {
		var h rtcp.Header
		if h.Unmarshal(datagram) != nil {
			return nil
		}
		size := (int(h.Length) + 1) * 4 // counted in words, less one
		if size > len(datagram) {
			return nil
		}
		if h.Type == rtcp.TypeSenderReport {
			var sr rtcp.SenderReport
			if sr.Unmarshal(datagram[:size]) != nil {
				return nil
			}
			reports = append(reports, sr)
		}
		datagram = datagram[size:]
	}
	return reports
}
