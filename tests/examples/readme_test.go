package examples_test

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/options"
	"luatrtmp/tests/internal/repo"
	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

var readmes = []string{"README.md", "README.zh-CN.md"}

var (
	block = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")
	span  = regexp.MustCompile("`([^`\n]+)`")
	link  = regexp.MustCompile(`\]\(([^)#]+)\)`)
)

func readme(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repo.Root(t), name))
	require.NoError(t, err)
	return string(text)
}

// blocks returns the code of one language.
func blocks(t *testing.T, name, language string) []string {
	t.Helper()
	var found []string
	for _, m := range block.FindAllStringSubmatch(readme(t, name), -1) {
		if m[1] == language {
			found = append(found, m[2])
		}
	}
	require.NotEmpty(t, found)
	return found
}

// The Lua programs of the READMEs publish as they stand there, but for the server, the file and the time.
func TestReadmeLua(t *testing.T) {
	t.Parallel()
	receiver := peers.StartReceiver(t)
	for _, name := range readmes {
		for i, text := range blocks(t, name, "lua") {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				server := receiver.For(t)
				stream := strings.NewReplacer(".", "-", "/", "-", "#", "-").Replace(t.Name())
				text := strings.NewReplacer(
					"rtmp://127.0.0.1:1935/live/stream", server.URL("live", stream),
					"rtmp://127.0.0.1/live/stream", server.URL("live", stream),
					"sys.wait(10000)", "sys.wait(1000)",
					"movie.mp4", media.MP4(t),
				).Replace(text)
				script := filepath.Join(t.TempDir(), "readme.lua")
				require.NoError(t, os.WriteFile(script, []byte(text), 0o600))
				out, err := run(t, nil, "./luat", script)
				require.NoError(t, err, out)
				require.NotContains(t, out, "state\t7", "program %d", i)
				require.NotEmpty(t, media.FrameMD5(t, server.Recording(stream)).Video.Decoded)
			})
		}
	}
}

// The RTP source of the READMEs can be opened, and its codecs go to every server.
func TestReadmeRTP(t *testing.T) {
	for _, name := range readmes {
		m := regexp.MustCompile(`(?m)^    ctx:setSource\("(rtp://\S*)"\)$`).FindAllStringSubmatch(readme(t, name), -1)
		require.Len(t, m, 1, name)
		spec, err := url.Parse(m[0][1])
		require.NoError(t, err)
		require.Equal(t, "h264", spec.Query().Get("codec"))
		require.Equal(t, "aac", spec.Query().Get("audio_codec"))
		script := filepath.Join(t.TempDir(), "rtp.lua")
		text := "local ctx = assert(rtmp.create('rtmp://127.0.0.1/live/stream'))\n" +
			strings.Replace(strings.TrimSpace(m[0][0]), "ctx:", "local ok, why = ctx:", 1) + "\n" +
			"if not ok and not why:find('already in use') then error(why) end\n"
		require.NoError(t, os.WriteFile(script, []byte(text), 0o600))
		out, err := run(t, nil, "./luat", script)
		require.NoError(t, err, out)
	}
}

// Options, and formats of files, are listed in the READMEs and in the header, each once.
func TestReadmeIsComplete(t *testing.T) {
	var o options.Options
	_, names, found := strings.Cut(o.Set("no such option", "").Error(), "; expected one of ")
	require.True(t, found)
	header, err := os.ReadFile(filepath.Join(repo.Root(t), "include", "luat_rtmp_push.h"))
	require.NoError(t, err)
	for option := range strings.SplitSeq(names, ", ") {
		require.Len(t, regexp.MustCompile(`(?m)^ \*   (\w+, )*`+option+`(, \w+)* `).FindAllString(string(header), -1), 1, option)
		if strings.HasPrefix(option, "reconnect_") || strings.HasPrefix(option, "tls_") {
			continue // fields of tables in Lua
		}
		for _, name := range readmes {
			row := regexp.MustCompile("(?m)^\\| (?:`\\w+`(?:, |、))*`" + option + "`[^|\\n]* \\| [^|\\n]* \\| ")
			_, table, _ := strings.Cut(readme(t, name), "\n### Options of create\n")
			if name == "README.zh-CN.md" {
				_, table, _ = strings.Cut(readme(t, name), "\n### create 的选项\n")
			}
			table, _, _ = strings.Cut(table, "\n### ")
			require.Len(t, row.FindAllString(table, -1), 1, "%s in %s", option, name)
		}
	}
	texts := map[string]string{"the header": string(header)}
	for _, name := range readmes {
		texts[name] = readme(t, name)
	}
	for name, text := range texts {
		for _, format := range []string{"FLV", "MP4", "MOV", "MPEG-TS", "IVF", "Ogg", "WAV", "H.264", "HEVC", "ADTS", "MP3", "AC-3", "E-AC-3"} {
			require.Contains(t, text, format, name)
		}
	}
}

// The C program of the READMEs compiles in the body of a function.
func TestReadmeC(t *testing.T) {
	for _, name := range readmes {
		for _, text := range blocks(t, name, "c") {
			source := filepath.Join(t.TempDir(), "readme.c")
			text = "#include <unistd.h>\n#include \"luat_rtmp_push.h\"\n" +
				"void f(const uint8_t *access_unit, uint32_t size, uint32_t timestamp_ms)\n{\n" + text + "}\n"
			require.NoError(t, os.WriteFile(source, []byte(text), 0o600))
			out, err := run(t, nil, "gcc", "-Iinclude", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", source)
			require.NoError(t, err, out)
		}
	}
}

// Both READMEs tell of the same: each name, number and command that stands in one stands in the other.
func TestReadmesInStep(t *testing.T) {
	var all [][]string
	for _, name := range readmes {
		text := readme(t, name)
		var spans []string
		for _, m := range span.FindAllStringSubmatch(block.ReplaceAllString(text, ""), -1) {
			spans = append(spans, strings.NewReplacer(" or ", " ", " 或 ", " ").Replace(m[1]))
		}
		slices.Sort(spans)
		all = append(all, slices.Compact(spans))
	}
	require.Equal(t, all[0], all[1])
	for _, mark := range []string{"\n## ", "\n### ", "\n| ", "\n- ", "\n    ", "\n```"} {
		require.Equal(t, strings.Count(readme(t, readmes[0]), mark), strings.Count(readme(t, readmes[1]), mark), "lines with %q", mark)
	}
}

func TestReadmeLinks(t *testing.T) {
	for _, name := range readmes {
		for _, m := range link.FindAllStringSubmatch(readme(t, name), -1) {
			if !strings.Contains(m[1], "://") {
				require.FileExists(t, filepath.Join(repo.Root(t), m[1]))
			}
		}
	}
}
