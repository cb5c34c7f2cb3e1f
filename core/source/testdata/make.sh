#!/bin/sh
# Makes the media of the tests, and beside each file what ffprobe finds in it: kind, decode and presentation time in s, size.
# Made with ffmpeg 5.1 of Debian 12. Usage: sh make.sh     (in this folder)
set -eu
cd "$(dirname "$0")"

picture="-f lavfi -i testsrc2=size=160x96:rate=30000/1001"
tone="-f lavfi -i sine=frequency=440:sample_rate=44100"
exact="-flags +bitexact -fflags +bitexact"
run() { ffmpeg -v error -y "$@"; }

# B-frames used as references, audio with priming: both tracks have an edit list.
run $picture $tone -t 1 -c:v libx264 -preset veryslow -threads 1 -bf 3 -g 12 -b_strategy 0 -x264-params scenecut=0:b-pyramid=normal \
	-b:v 50k -bsf:v filter_units=remove_types=6 -c:a aac -b:a 24k $exact bframes.mp4
run -i bframes.mp4 -c copy $exact -movflags faststart faststart.mp4
run -i bframes.mp4 -c copy $exact -movflags frag_keyframe+empty_moov fragmented.mp4
run -i bframes.mp4 -c copy $exact -movflags frag_keyframe+empty_moov+default_base_moof+separate_moof separate.mp4
run -i bframes.mp4 -c copy $exact -movflags negative_cts_offsets negative.mp4
run -ss 0.5 -i bframes.mp4 -c copy $exact trimmed.mp4
run -itsoffset 0.5 -i bframes.mp4 -i bframes.mp4 -map 0:a -map 1:v -c copy $exact delayed.mov
run -i bframes.mp4 -c copy $exact bframes.flv
run -i bframes.mp4 -an -c copy -bsf:v h264_mp4toannexb $exact bframes.h264
run -i bframes.mp4 -vn -c copy $exact tone.aac
# Four slices per picture, AUD, 3-byte start codes within a picture.
run -f lavfi -i testsrc2=size=160x96:rate=25 -t 0.4 -c:v libx264 -threads 1 -slices 4 -bf 2 -x264-params aud=1 -b:v 60k $exact slices.h264
run $picture -t 0.1 -c:v libx265 -x265-params log-level=none $exact hevc.mp4
run $picture $tone -t 0.1 -c:v libx264 -c:a libmp3lame -b:a 32k $exact mp3.mp4
run $picture $tone -t 0.1 -c:v libx264 -c:a libmp3lame -b:a 32k $exact mp3.flv

for f in bframes.mp4 faststart.mp4 fragmented.mp4 separate.mp4 negative.mp4 trimmed.mp4 delayed.mov bframes.flv tone.aac; do
	ffprobe -v error -show_packets -show_entries packet=codec_type,dts_time,pts_time,size -of csv=p=0 $f |
		awk -F, '$1 == "video" || $1 == "audio" { print $1 "," $3 "," $2 "," $4 }' >$f.csv
done
