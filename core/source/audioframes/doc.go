// Package audioframes reads files in which frames of audio stand one after the other: AAC with ADTS headers,
// MP3, AC-3 and E-AC-3. It resynchronises over tags, zeros and rubbish. Times come from the numbers of samples.
//
// How the frames of these formats follow each other (Framing) also serves containers that hold them so.
package audioframes
