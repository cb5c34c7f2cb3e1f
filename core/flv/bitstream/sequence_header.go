package bitstream

// PlainSequence returns a sequence header without what describes a decoder's buffers, decoder_model_info and initial_display_delay, which
// mediacommon does not read and which a record does not have. AV1, 5.5.1. What is cut comes back cut.
func PlainSequence(payload []byte) []byte {
	p := Copier{R: Reader{Buf: payload}}
	p.Copy(3) // seq_profile
	p.Copy(1) // still_picture
	if p.Copy(1) == 1 {
		return payload // reduced_still_picture_header: none of that
	}
	var modelPresent, delayLength uint32
	if p.Copy(1) == 1 { // timing_info_present_flag
		p.Copy(32)
		p.Copy(32)
		if p.Copy(1) == 1 { // equal_picture_interval
			p.copyUVLC()
		}
		if modelPresent = p.drop(); modelPresent == 1 {
			delayLength = p.R.U(5) + 1
			p.R.U(32)
			p.R.U(5 + 5)
		}
	}
	displayDelay := p.drop()
	for range p.Copy(5) + 1 { // operating_points_cnt_minus_1
		p.Copy(12)
		if p.Copy(5) > 7 { // seq_level_idx
			p.Copy(1)
		}
		if modelPresent == 1 && p.R.U(1) == 1 {
			p.R.U(delayLength)
			p.R.U(delayLength)
			p.R.U(1)
		}
		if displayDelay == 1 && p.R.U(1) == 1 {
			p.R.U(4)
		}
	}
	p.Rest()
	return p.W.Buf
}

// copyUVLC copies a number of AV1, 4.10.3: zeros, a one, and as many bits as there were zeros.
func (p *Copier) copyUVLC() {
	zeros := uint32(0)
	for p.Copy(1) == 0 && p.R.Err == nil {
		if zeros++; zeros >= 32 {
			return
		}
	}
	if zeros > 0 {
		p.Copy(zeros)
	}
}
