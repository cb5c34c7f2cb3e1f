#!/bin/sh
# Makes the media of the tests of further codecs and containers, and beside each file what ffprobe finds in it; see make.sh, which has to run first.
# Made with ffmpeg 5.1 of Debian 12. Usage: sh codecs.sh     (in this folder)
set -eu
cd "$(dirname "$0")"

picture="-f lavfi -i testsrc2=size=160x96:rate=25"
tone="-f lavfi -i sine=frequency=440:sample_rate=48000"
exact="-flags +bitexact -fflags +bitexact"
run() { ffmpeg -v error -y "$@"; }

# Video: HEVC with B-frames that others refer to, and open GOPs; AV1 and VP9 as 10 pictures; VP8.
run $picture -t 1 -c:v libx265 -preset medium -b:v 40k $exact -tag:v hvc1 \
	-x265-params log-level=none:bframes=3:b-pyramid=1:keyint=12:min-keyint=12:scenecut=0:open-gop=1:info=0:b-adapt=0:pools=1:frame-threads=1 hvc1.mp4
run -i hvc1.mp4 -c copy $exact -tag:v hev1 hev1.mp4
run -i hvc1.mp4 -c copy $exact -bsf:v hevc_mp4toannexb bframes.h265
run -i hvc1.mp4 -c copy $exact hevc.ts
run $picture -t 0.4 -c:v libaom-av1 -cpu-used 8 -g 5 -b:v 40k $exact av1.mp4
run -i av1.mp4 -c copy $exact av1.ivf
run $picture -t 0.4 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 5 -b:v 40k $exact vp9.mp4
run -i vp9.mp4 -c copy $exact vp9.ivf
run -i vp9.mp4 -c copy $exact -movflags frag_keyframe+empty_moov vp9frag.mp4
run $picture -t 0.4 -c:v libvpx -deadline realtime -cpu-used 8 -g 5 -b:v 40k $exact vp8.ivf

# Audio.
run $tone -t 0.5 -c:a libopus -b:a 16k $exact opus.ogg
run -i opus.ogg -c copy $exact opus.mp4
run $tone -t 0.5 -c:a flac -compression_level 8 -ar 8000 $exact -f ogg flac.oga
run -i flac.oga -c copy $exact -strict -2 flac.mp4
run $tone -t 0.5 -c:a ac3 -b:a 64k $exact tone.ac3
run $tone -t 0.5 -c:a eac3 -b:a 64k $exact tone.eac3
run -i tone.ac3 -c copy $exact ac3.mp4
run -i tone.eac3 -c copy $exact eac3.mp4
run $tone -t 0.5 -c:a libmp3lame -b:a 32k $exact -write_xing 1 tone.mp3
run $tone -t 0.5 -c:a libmp3lame -ar 22050 -b:a 16k $exact -write_xing 0 -id3v2_version 3 -metadata title=tone tone22.mp3
run -i tone.mp3 -c copy $exact tone.mp4
run $tone -t 0.5 -c:a pcm_alaw -ar 8000 $exact alaw.wav
run $tone -t 0.5 -c:a pcm_mulaw -ar 8000 -ac 2 $exact mulaw.wav
run $tone -t 0.1 -c:a pcm_s16le -ar 8000 $exact pcm.wav
run $picture $tone -t 0.1 -c:v libtheora -q:v 0 -c:a libopus -b:a 16k $exact theora.ogg
run $tone -t 0.1 -c:a libvorbis -ar 8000 -q:a -1 $exact vorbis.ogg
cat opus.ogg opus.ogg >chained.ogg

# Transport streams: H.264 with B-frames; sound with several frames to a PES packet.
run -i bframes.mp4 -c copy $exact bframes.ts
run -i bframes.mp4 -i tone.ac3 -map 0:v -map 1:a -c copy $exact -mpegts_m2ts_mode 1 bframes.m2ts
run -i hvc1.mp4 -i tone.ac3 -c copy $exact ac3.ts
run -i bframes.mp4 -i tone.mp3 -map 0:a -map 1:a -c copy $exact mp3.ts
run -i opus.ogg -c copy $exact opus.ts
run -i tone.eac3 -c copy $exact eac3.ts
run $picture $tone -t 0.1 -c:v mpeg2video -b:v 40k -c:a mp2 -b:a 64k $exact mpeg2.ts

# Matroska and WebM: what has a length and an index, and what a live writer leaves without; codecs that are sent, and those that are named.
run -i bframes.mp4 -c copy $exact bframes.mkv
run -i bframes.mp4 -c copy $exact -f matroska -live 1 -cluster_time_limit 200 live.mkv
run -i hvc1.mp4 -i tone.eac3 -c copy $exact hevc.mkv
run -i av1.mp4 -i flac.oga -c copy $exact av1.mkv
run -i vp9.mp4 -i opus.ogg -c copy $exact vp9.webm
run -i vp8.ivf -i opus.ogg -c copy $exact -live 1 vp8.webm
run -i tone.ac3 -c copy $exact ac3.mka
run -i tone.mp3 -c copy $exact mp3.mka
run -i mulaw.wav -c copy $exact mulaw.mka
printf "1\n00:00:00,000 --> 00:00:00,050\n-\n" |
	run $picture $tone $tone $tone $tone -f srt -i - -i tone.mp3 -map 0 -map 1 -map 2 -map 3 -map 4 -map 5 -map 6 -t 0.1 -c:v mpeg4 -b:v 40k \
	-c:a:0 libvorbis -c:a:1 mp2 -c:a:2 pcm_s16le -c:a:3 dca -strict -2 -c:a:4 copy -c:s srt $exact many.mkv

for f in hvc1.mp4 hev1.mp4 hevc.ts av1.mp4 av1.ivf vp9.mp4 vp9.ivf vp9frag.mp4 vp8.ivf opus.ogg opus.mp4 flac.oga flac.mp4 tone.ac3 tone.eac3 ac3.mp4 eac3.mp4 \
	tone.mp3 tone22.mp3 tone.mp4 bframes.ts bframes.m2ts ac3.ts mp3.ts opus.ts eac3.ts; do
	for stream in v:0 a:0; do
		ffprobe -v error -select_streams $stream -show_packets -show_entries packet=codec_type,dts_time,pts_time,size -of csv=p=0 $f |
			awk -F, '$1 == "video" || $1 == "audio" { print $1 "," $3 "," $2 "," $4 }'
	done >$f.csv
done

# kind, decode and presentation time, size, and the sum of the bytes. Matroska has no decode times: ffprobe has none of the first frames.
for f in bframes.mkv live.mkv hevc.mkv av1.mkv vp9.webm vp8.webm ac3.mka mp3.mka mulaw.mka; do
	for stream in v:0 a:0; do
		ffprobe -v error -select_streams $stream -show_packets -show_data_hash CRC32 -show_entries packet=codec_type,dts_time,pts_time,size,data_hash \
			-of csv=p=0 $f |
			sed -z "s/\\n,/,/g" |
			awk -F, '$1 == "video" || $1 == "audio" { match($0, /CRC32:[0-9a-f]+/); print $1 "," $3 "," $2 "," $4 "," substr($0, RSTART + 6, 8) }'
	done >$f.csv
done
