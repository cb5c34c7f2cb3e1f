#!/bin/sh
# Makes clip.flv, the built-in clip: 3.84 s of colour bars (640x360, 25 fps) with a frame counter and a square that moves, and a tone
# (AAC, 48 kHz, mono). Bars are sharp at a tenth of the bytes that a picture needs in which everything moves: the clip is part of rtmp.so.
#
# 3.84 s are 96 pictures of 40 ms and 180 AAC frames of 64/3 ms: both tracks have the same length, so the clip loops without a gap. The
# tone and the square's way have a whole number of periods in that time, and the first 60 AAC frames (the encoder's start) are dropped, so
# that the sound goes on over the seam too. ffmpeg's fast coder makes a cleaner tone than its other one, in a third of the bytes. The
# GOP is 1 s, closed, without B-frames. Made with ffmpeg 5.1 of Debian 12; one thread and bitexact make it repeatable.
#
# Usage: sh clip.sh [OUTPUT]     (default: clip.flv beside this script)
set -eu
out=${1:-$(dirname "$0")/clip.flv}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

ffmpeg -v error -y -f lavfi -i "smptehdbars=size=640x360:rate=25[bars];color=white:size=40x40:rate=25[square];[bars][square]overlay=x='300-300*cos(2*PI*n/96)':y='250+60*sin(4*PI*n/96)',drawtext=text='%{eif\:n\:d\:2}':fontfile=/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf:fontsize=72:fontcolor=white:box=1:boxcolor=black:boxborderw=12:x=(w-tw)/2:y=(h-th)/2,format=yuv420p" \
	-frames:v 96 -c:v libx264 -profile:v main -preset veryslow -threads 1 -crf 20 \
	-g 25 -keyint_min 25 -sc_threshold 0 -bf 0 -x264-params open-gop=0:scenecut=0 \
	-flags +bitexact -fflags +bitexact -bsf:v filter_units=remove_types=6 -f h264 "$tmp/v.h264"

ffmpeg -v error -y -f lavfi -i "sine=frequency=500:sample_rate=48000:duration=8" \
	-c:a aac -aac_coder fast -b:a 16k -ac 1 -flags +bitexact -fflags +bitexact "$tmp/a.m4a"

ffmpeg -v error -y -r 25 -i "$tmp/v.h264" -ignore_editlist 1 -i "$tmp/a.m4a" -map 0:v -map 1:a -c copy \
	-bsf:v setts=ts=N*40 \
	-bsf:a "noise=drop='lt(n\,60)',setts=ts=round(N*64/3)" \
	-frames:a 180 -flags +bitexact -fflags +bitexact -flvflags no_duration_filesize -f flv "$out"
