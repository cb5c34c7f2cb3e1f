// Package annexb reads H.264 and HEVC in byte stream format (annex B of both): NAL units behind start codes,
// without times. It finds the access units, and gives them the times that the order of the pictures and
// the frame rate say, as ffmpeg does.
package annexb
