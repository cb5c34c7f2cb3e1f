package core

import (
	"luatrtmp/core/coretest"
)

// Media as encoders write it; see coretest.
var (
	spsMain    = coretest.SPSMain
	ppsMain    = coretest.PPSMain
	spsHigh    = coretest.SPSHigh
	ppsHigh    = coretest.PPSHigh
	idr        = coretest.IDR
	inter      = coretest.Inter
	recordMain = coretest.RecordMain
	ascStereo  = coretest.ASCStereo
	adts       = coretest.ADTS
	keyFrame   = coretest.KeyFrame
	picture    = coretest.Picture
	av1Key     = coretest.AV1Key
	av1Inter   = coretest.AV1Inter
	vp9Key     = coretest.VP9Key
	vp8Key     = coretest.VP8Key
	hevcRecord = coretest.HEVCRecord
	vps        = coretest.VPS
	spsHEVC    = coretest.SPSHEVC
	ppsHEVC    = coretest.PPSHEVC
	hevcIDR    = coretest.HEVCIDR
	hevcTrail  = coretest.HEVCTrail
	hevcKey    = coretest.HEVCKey
	opusHead   = coretest.OpusHead
	opusFrame  = coretest.OpusFrame
	ac3Frame   = coretest.AC3Frame
	eac3Frame  = coretest.EAC3Frame
	mp3Frame   = coretest.MP3Frame
	flacHead   = coretest.FLACHead
)

func unhex(s string) []byte         { return coretest.Unhex(s) }
func annexB(nalus ...[]byte) []byte { return coretest.AnnexB(nalus...) }
