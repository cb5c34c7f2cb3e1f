package peers

import (
	_ "embed"
	"fmt"
	"io"
	"net/http"
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
// "short" (dropped after some 2 s) and "idle" (dropped when nothing comes for 3 s); on SmallAddr and AsksAddr "live"
// (recorded).
func StartNginx(t testing.TB) *Server {
	t.Helper()

	nginx := program(t, "nginx")
	installed(t, nginxModule)

	s := newServer(t, "nginx-rtmp")
	rtmp, small, asks, web := freePort(t), freePort(t), freePort(t), freePort(t)
	s.Addr, s.SmallAddr, s.AsksAddr = loopback(rtmp), loopback(small), loopback(asks)

	conf := filepath.Join(s.dir, "nginx.conf")
	text := strings.NewReplacer("@RUN@", s.dir, "@MODULE@", nginxModule, "@RTMP@", strconv.Itoa(rtmp),
		"@SMALL@", strconv.Itoa(small), "@ASKS@", strconv.Itoa(asks), "@HTTP@", strconv.Itoa(web)).Replace(nginxConf)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatalf("peers: %v", err)
	}

	s.httpAddr = loopback(web)
	s.launch = func() {
		s.start(nil, nginx, "-p", s.dir, "-e", filepath.Join(s.dir, "error.log"), "-c", conf)
		s.waitListening(rtmp, small, asks, web)
	}
	s.launch()

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

// DropPublisher has nginx end a publisher's connection, as its operator can.
func (s *Server) DropPublisher(app, stream string) {
	s.t.Helper()

	client := http.Client{Timeout: startTimeout}
	response, err := client.Get(fmt.Sprintf("http://%s/control/drop/publisher?app=%s&name=%s", s.httpAddr, app, stream))
	if err != nil {
		s.t.Fatalf("peers: %s: %v", s.Name, err)
	}
	defer response.Body.Close()

	// The answer is the number of publishers dropped.
	if n, err := io.ReadAll(response.Body); err != nil || string(n) != "1" {
		s.t.Fatalf("peers: %s: dropping %s/%s: status %d, answer %q, %v", s.Name, app, stream, response.StatusCode, n, err)
	}
}
