package client

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/endpoint"
	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
)

// FuzzAuth: whatever a server answers, it takes three connections at most, and no password goes out.
func FuzzAuth(f *testing.F) {
	for _, text := range []string{coretest.AuthNeeded, coretest.AuthAdobe, coretest.AuthAdobe + "&opaque=x", coretest.AuthLimelight, coretest.AuthWrong, "authmod=llnw authmod=adobe ?reason=needauth&challenge=%"} {
		f.Add(text, coretest.AuthAdobe)
		f.Add(coretest.AuthNeeded, text)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		to, err := endpoint.Parse("rtmp://bob:hunter2hunter2@h/live/s", nil, nil)
		require.NoError(t, err)
		l := login{user: to.User}
		for _, text := range []string{first, second} {
			refused := refusal(to, "connect", message.StatusInfo{Level: "error", Description: text})
			p := plan{login: l}
			failed := stageFailed(stageConnect, refused, refused)
			next, again := p.next(failed)
			if !again {
				require.ErrorIs(t, p.explain(failed), rtmperr.ErrRefused)
				require.NotContains(t, p.explain(failed).Error(), "hunter2hunter2")
				return
			}
			l = next.login
			if !strings.Contains(first+second, "hunter2") {
				require.NotContains(t, l.query(to.App), "hunter2")
			}
		}
		refused := refusal(to, "connect", message.StatusInfo{Level: "error", Description: first})
		_, again := plan{login: l}.next(stageFailed(stageConnect, refused, refused))
		require.False(t, again, "three connections at most")
	})
}
