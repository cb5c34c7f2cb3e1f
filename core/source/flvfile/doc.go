// Package flvfile reads FLV files, also in the forms of Enhanced RTMP.
package flvfile
