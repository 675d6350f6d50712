package parse

import "testing"

// One kernel line must have one identity, whatever carried it.
func TestIdentity(t *testing.T) {
	const body = "[NEW] IN=br-lan OUT=wan0 MAC= SRC=192.168.128.10 DST=198.18.62.16 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=48109 DF PROTO=TCP SPT=56256 DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0 "
	carriers := []string{
		"[ 5632.359712] " + body,
		"<4>[ 5632.359712] " + body + "\n",
		"4,37812,5632359712,-;" + body,
		"<4>Nov 21 20:28:21 router kernel: [ 5632.359712] " + body,
		"<4>2026-11-21T20:28:21.195172+00:00 vm kernel: [ 5632.359712] " + body + "\x00",
		"<4>1 2026-11-21T20:28:21.195172+00:00 vm kernel - - - [ 5632.359712] " + body + `\n`,
		"Nov 21 20:28:22 router kernel: [ 5632.359712] " + body + "#012",
		lineJournal,
	}
	want := parseLine(carriers[0]).Identity
	for _, c := range carriers {
		if got := parseLine(c).Identity; got != want {
			t.Errorf("%x, want %x: %s", got, want, c)
		}
	}
	for _, other := range []string{"[ 5632.359713] " + body, "[ 5632.359712] x" + body, body, "Nov 21 20:28:22 router kernel: " + body} {
		if parseLine(other).Identity == want {
			t.Errorf("same identity: %s", other)
		}
	}
	stamps := []string{"Nov 21 20:28:21 a crond[1]: x", "2026-11-21T20:28:21.195172+09:00 a crond[1]: x", "<78>1 2026-11-21T11:28:21Z a crond 1 - - x", "1795292901.5 a crond[1]: x",
		`{"__REALTIME_TIMESTAMP":"1795292901195360","SYSLOG_IDENTIFIER":"crond","MESSAGE":"x"}`}
	for _, s := range stamps {
		if parseLine(s).Identity != parseLine(stamps[0]).Identity {
			t.Errorf("another identity than in RFC 3164: %s", s)
		}
	}
	same, later := "Nov 21 20:28:21 a crond[1]: x", "Nov 21 20:28:22 a crond[1]: x"
	if parseLine(same).Identity != parseLine("<30>Nov 21 20:28:21 b crond[1]: x ").Identity || parseLine(same).Identity == parseLine(later).Identity {
		t.Error("a daemon's line is known by its stamp and its message")
	}
}
