package peers

import (
	_ "embed"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

//go:embed testdata/nginx.conf.in
var nginxConf string

const nginxModule = "/usr/lib/nginx/modules/ngx_rtmp_module.so"

// StartNginx starts nginx with its RTMP module. Apps: "live" (recorded), "multi/seg/app", "auth" (?token=good), "denied",
// "short" (dropped after some 2 s) and "idle" (dropped when nothing comes for 3 s); on SmallAddr "live" (recorded).
func StartNginx(t testing.TB) *Server {
	t.Helper()

	nginx := program(t, "nginx")
	installed(t, nginxModule)

	s := newServer(t, "nginx-rtmp")
	rtmp, small, http := freePort(t), freePort(t), freePort(t)
	s.Addr, s.SmallAddr = loopback(rtmp), loopback(small)

	conf := filepath.Join(s.dir, "nginx.conf")
	text := strings.NewReplacer("@RUN@", s.dir, "@MODULE@", nginxModule, "@RTMP@", strconv.Itoa(rtmp),
		"@SMALL@", strconv.Itoa(small), "@HTTP@", strconv.Itoa(http)).Replace(nginxConf)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatalf("peers: %v", err)
	}

	s.start(nil, nginx, "-p", s.dir, "-e", filepath.Join(s.dir, "error.log"), "-c", conf)
	s.waitListening(rtmp, small, http)

	// on_record_done leaves a line with the stream's name in the log of nginx's own HTTP server.
	s.recorded = func(stream string) (string, bool) {
		for line := range strings.Lines(readFile(filepath.Join(s.dir, "http.log"))) {
			if strings.Contains(line, "/recorded?") && strings.Contains(line, "&name="+stream+"&") {
				return filepath.Join(s.dir, stream+".flv"), true
			}
		}
		return "", false
	}

	return s
}
