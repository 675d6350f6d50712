package report

import (
	"strings"
	"testing"

	"uncloak/detect"
)

// The advice is in the words of the router that wrote the log: nobody can type nft on an ASA.
func TestAdviceFitsTheDevice(t *testing.T) {
	for name, c := range map[string]struct{ line, host, limit, block string }{
		"linux": {"Nov 21 20:28:33 gw kernel: NEW IN=a OUT=b SRC=10.0.0.1 DST=192.0.2.1 LEN=60 PROTO=TCP SPT=1 " +
			"DPT=22 SYN", "10.0.0.1", "nft insert rule inet filter forward ip saddr 10.0.0.1 ct state new ct count " +
			"over 200", "ip saddr 10.0.0.1 tcp dport 22"},
		"linux v6": {"", "fd00::1", "ip6 saddr fd00::1 ct state new", "ip6 saddr fd00::1 tcp dport 22"},
		"routeros": {"Jul 29 02:01:23 mikrotik firewall,info nat-new forward: in:bridge out:ether1, " +
			"connection-state:new src-mac 52:54:00:10:05:86, proto UDP, 172.16.5.134:51413->107.109.162.4:12363, len " +
			"60", "172.16.5.134", "connection-limit=200,32", "dst-port=22"},
		"asa": {"Nov 29 2025 00:00:20 asa-fw : %ASA-6-302013: Built outbound TCP connection 1 for " +
			"outside:192.0.2.1/22 (192.0.2.1/22) to inside:10.0.0.67/361 (203.0.113.7/361)", "10.0.0.67",
			"set connection per-client-max 200", "deny tcp host 10.0.0.67 any eq 22"},
		"another": {"<134>Nov 17 12:00:00 10.1.1.1 [INSPECT] PP[01][out][101099] TCP 192.168.0.5:49152 > " +
			"192.0.2.1:443 (2016/06/29 12:00:00)", "192.168.0.5", "the manual of the device",
			"a rule for source 192.168.0.5"},
	} {
		t.Run(name, func(t *testing.T) {
			burst := detect.Finding{Kind: detect.BurstKind, Host: c.host, Sessions: 900}
			scan := detect.Finding{Kind: detect.ScanKind, Class: detect.Horizontal, Host: c.host, Port: 22,
				Ports: []string{"tcp/22"}}
			if c.line != "" {
				burst.Evidence.Lines, scan.Evidence.Lines = []string{c.line}, []string{c.line}
			}
			Describe(&burst, Options{})
			Describe(&scan, Options{})
			for _, x := range []struct{ got, want string }{{strings.Join(burst.Advice, "\n"), c.limit},
				{strings.Join(scan.Advice, "\n"), c.block}} {
				if !strings.Contains(x.got, x.want) || strings.Contains(x.got, "nft") != strings.HasPrefix(name,
					"linux") {
					t.Errorf("%s\nwant %s", x.got, x.want)
				}
			}
		})
	}
}
