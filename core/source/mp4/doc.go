// Package mp4 reads MP4 and QuickTime files: sample tables, fragments, or both.
package mp4
