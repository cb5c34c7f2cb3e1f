package flv

// plainSequence returns a sequence header without what describes a decoder's buffers, decoder_model_info and initial_display_delay, which
// mediacommon does not read and which a record does not have. AV1, 5.5.1. What is cut comes back cut.
func plainSequence(payload []byte) []byte {
	p := bitCopy{r: bitReader{buf: payload}}
	p.copy(3) // seq_profile
	p.copy(1) // still_picture
	if p.copy(1) == 1 {
		return payload // reduced_still_picture_header: none of that
	}
	var modelPresent, delayLength uint32
	if p.copy(1) == 1 { // timing_info_present_flag
		p.copy(32)
		p.copy(32)
		if p.copy(1) == 1 { // equal_picture_interval
			p.copyUVLC()
		}
		if modelPresent = p.drop(); modelPresent == 1 {
			delayLength = p.r.u(5) + 1
			p.r.u(32)
			p.r.u(5 + 5)
		}
	}
	displayDelay := p.drop()
	for range p.copy(5) + 1 { // operating_points_cnt_minus_1
		p.copy(12)
		if p.copy(5) > 7 { // seq_level_idx
			p.copy(1)
		}
		if modelPresent == 1 && p.r.u(1) == 1 {
			p.r.u(delayLength)
			p.r.u(delayLength)
			p.r.u(1)
		}
		if displayDelay == 1 && p.r.u(1) == 1 {
			p.r.u(4)
		}
	}
	p.rest()
	return p.w.buf
}

// copyUVLC copies a number of AV1, 4.10.3: zeros, a one, and as many bits as there were zeros.
func (p *bitCopy) copyUVLC() {
	zeros := uint32(0)
	for p.copy(1) == 0 && p.r.err == nil {
		if zeros++; zeros >= 32 {
			return
		}
	}
	if zeros > 0 {
		p.copy(zeros)
	}
}
