package chunk

// Type 3 has no message header: everything is as in the chunk before, on the
// same chunk stream. All chunks of a message but its first are of this type. It
// may also start a message, when the timestamp delta is that of the message
// before as well. RTMP 1.0, 5.3.1.2.4.
const type3 = 3

// canStart reports whether a message whose header would be next may begin with a
// type 3 chunk. last and lastFormat are the latest header of another type.
//
// After type 0 the delta of type 3 is the timestamp of that type 0 by the
// specification, while some servers (nginx-rtmp, gortmplib) take zero; and servers
// disagree on whether an extended timestamp follows a type 3 chunk that starts
// a message. Neither is ever sent.
func canStart(last messageHeader, lastFormat uint8, next messageHeader) bool {
	return lastFormat != type0 && next == last && !next.extended
}
