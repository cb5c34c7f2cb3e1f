package flv

import "bytes"

// changes compares a record with that of the last report.
type changes struct{ reported []byte }

// news reports whether a record is another one than at the previous call. Until there is a record nothing is news.
func (c *changes) news(record []byte) bool {
	if record == nil || bytes.Equal(record, c.reported) {
		return false
	}
	c.reported = record
	return true
}
